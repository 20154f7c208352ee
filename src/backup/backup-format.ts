/**
 * The lines of a backup: a header, then one line for each document and caller, then the counts. With a sealer, every
 * line except the header is sealed and bound to its number and the header, so lines of two backups cannot be mixed.
 */
import { createHash } from 'node:crypto'
import type { DocumentName, Documents, StoredCaller } from '../../schemas/caller-record.ts'
import { BackupUnusable, RecordSealed } from '../errors.ts'
import { parseJson } from '../json.ts'
import type { DocumentChecks } from '../store/formats.ts'
import { isSealed, type Sealer } from '../store/sealer.ts'

export const BACKUP_VERSION = 1

const FORMAT = 'memory-bridge backup'

/** The other documents only hold a store's own progress. */
export const SAVED_DOCUMENTS = ['notes', 'own-numbers'] as const satisfies readonly DocumentName[]

export interface BackupHeader {
  format: typeof FORMAT
  version: number
  /** ISO 8601. */
  created_at: string
  bridge_version: string
  /** To compare PHONE_HASH_KEY, see `hashKeyId`; null if it is not set. */
  hash_key_id: string | null
  /** The key of DATA_ENCRYPTION_KEY that seals the lines; null if they are plain. */
  seal_key_id: string | null
}

export interface SavedCaller {
  phone_hash: string
  record: StoredCaller | null
  erased_at: string | null
}

type SavedName = (typeof SAVED_DOCUMENTS)[number]
export type SavedDocument = { [N in SavedName]: { name: N, value: Documents[N] } }[SavedName]

export interface BackupCounts {
  callers: number
  documents: number
  /** Callers and documents that could not be read, and so are not in the backup. */
  unreadable: number
}

export type Entry = { caller: SavedCaller } | { document: SavedDocument }
export type Line = Entry | { end: BackupCounts }

/** Each line ends with a line feed. Lines must be written in the order in which they were made. */
export function createLineWriter (
  about: Omit<BackupHeader, 'format' | 'version' | 'seal_key_id'>, sealer: Sealer | null
) {
  const header: BackupHeader = {
    format: FORMAT, version: BACKUP_VERSION, ...about, seal_key_id: sealer?.keyIds[0] ?? null
  }
  const headerText = JSON.stringify(header)
  const nextName = lineNames(headerText)
  return {
    header: `${headerText}\n`,
    line (line: Line): string {
      const text = JSON.stringify(line)
      return sealer === null ? `${text}\n` : sealer.seal(text, nextName())
    }
  }
}

/** @throws {BackupUnusable} it is not a backup, is damaged, or was written by another version */
export function readHeader (text: string): BackupHeader {
  const header = parseJson(text) as Partial<BackupHeader> | null | undefined
  if (header?.format !== FORMAT) throw new BackupUnusable('it is not a backup of a memory bridge')
  if (header.version !== BACKUP_VERSION) throw new BackupUnusable('it was written by another version of the bridge')
  const isText = (value: unknown) => typeof value === 'string'
  const isWhole = isText(header.created_at) && isText(header.bridge_version) &&
    [header.hash_key_id, header.seal_key_id].every((id) => id === null || isText(id))
  if (!isWhole) throw new BackupUnusable('its first line is damaged')
  return header as BackupHeader
}

/**
 * Reads the lines after the header, in order.
 *
 * @returns a function that throws `BackupUnusable` for a line that does not open or does not fit its schema
 */
export function createLineReader (
  headerText: string, checks: DocumentChecks, sealer: Sealer | null
): (text: string) => Line {
  const isSealedBackup = readHeader(headerText).seal_key_id !== null
  const nextName = lineNames(headerText)
  let number = 1

  return (text) => {
    number++
    const outer = parseJson(text)
    const line = isSealedBackup ? parseJson(open(outer)) : outer
    if (!isLine(line, checks)) throw new BackupUnusable(`line ${number} is damaged`)
    return line
  }

  function open (sealed: unknown): string {
    if (sealer === null) throw new BackupUnusable('it is sealed: set the DATA_ENCRYPTION_KEY that it was sealed with')
    if (!isSealed(sealed)) throw new BackupUnusable(`line ${number} is damaged`)
    try {
      return sealer.open(sealed, nextName())
    } catch (error) {
      if (error instanceof RecordSealed) throw new BackupUnusable(`line ${number}: ${error.message}`)
      throw error
    }
  }
}

/** The name that each line's seal is bound to, one after the other. */
function lineNames (headerText: string): () => string {
  const id = createHash('sha256').update(headerText).digest('hex').slice(0, 16)
  let number = 1
  return () => `backup/${id}/${++number}`
}

function isLine (value: unknown, checks: DocumentChecks): value is Line {
  if (typeof value !== 'object' || value === null) return false
  if ('caller' in value) return isSavedCaller(value.caller as Partial<SavedCaller> | null, checks)
  if ('document' in value) return isSavedDocument(value.document as Partial<SavedDocument> | null, checks)
  if (!('end' in value)) return false
  const counts = value.end as Record<string, unknown> | null
  return ['callers', 'documents', 'unreadable'].every((name) => Number.isInteger(counts?.[name]))
}

function isSavedCaller (value: Partial<SavedCaller> | null, checks: DocumentChecks): boolean {
  const { phone_hash: phoneHash, record, erased_at: erasedAt } = value ?? {}
  if (record === undefined || erasedAt === undefined || (record === null && erasedAt === null)) return false
  return (record === null || (checks.caller(record) && record.phone_hash === phoneHash)) &&
    (erasedAt === null || checks.mark({ phone_hash: phoneHash, erased_at: erasedAt }))
}

function isSavedDocument (value: Partial<SavedDocument> | null, checks: DocumentChecks): boolean {
  const name = SAVED_DOCUMENTS.find((each) => each === value?.name)
  return name !== undefined && checks.documents[name](value?.value)
}
