/** Writes a whole store as a backup, page by page. */
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { StoreReader } from '../store/open-store.ts'
import type { Sealer } from '../store/sealer.ts'
import {
  createLineWriter, SAVED_DOCUMENTS, type BackupCounts, type BackupHeader, type SavedDocument
} from './backup-format.ts'
import { isUnreadable } from '../store/unreadable.ts'

export interface BackupParts {
  reader: StoreReader
  about: Omit<BackupHeader, 'format' | 'version' | 'seal_key_id'>
  /** Null makes a plain backup. */
  sealer: Sealer | null
  sink: NodeJS.WritableStream
  /** Whether to end the sink; standard output stays open. */
  end: boolean
  signal: AbortSignal
  /** Called after each page with its last phone hash, or null at the end. */
  onPage: (last: string | null, counts: BackupCounts) => void
}

export interface BackupResult extends BackupCounts {
  /** Phone hashes, and names of documents, that could not be read. */
  missing: string[]
}

/** Callers held in memory at once. */
const PAGE = 100

/** Resolves once the sink has every byte. What cannot be read is left out and counted. */
export async function makeBackup (
  { reader, about, sealer, sink, end, signal, onPage }: BackupParts
): Promise<BackupResult> {
  const writer = createLineWriter(about, sealer)
  const counts: BackupCounts = { callers: 0, documents: 0, unreadable: 0 }
  const missing: string[] = []

  function miss (...names: string[]): void {
    missing.push(...names)
    counts.unreadable += names.length
  }

  async function * lines (): AsyncGenerator<string> {
    yield writer.header
    for (const name of SAVED_DOCUMENTS) {
      const value = await loadDocument(name)
      if (value === null) continue
      counts.documents++
      yield writer.line({ document: { name, value } as SavedDocument })
    }
    let after: string | null = null
    do {
      const page = await reader.list('all', after, PAGE)
      counts.callers += page.callers.length
      miss(...page.unreadable)
      yield page.callers
        .map(({ phoneHash, record, erasedAt }) =>
          writer.line({ caller: { phone_hash: phoneHash, record, erased_at: erasedAt } }))
        .join('')
      after = page.next
      onPage(after, counts)
    } while (after !== null)
    yield writer.line({ end: counts })
  }

  async function loadDocument (name: (typeof SAVED_DOCUMENTS)[number]) {
    try {
      return await reader.loadDocument(name)
    } catch (error) {
      if (!isUnreadable(error)) throw error
      miss(name)
      return null
    }
  }

  await pipeline(lines, createGzip(), sink, { signal, end })
  return { ...counts, missing }
}
