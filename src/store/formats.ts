/** Stored documents as texts: checked, sealed if they say something about a caller, and each bound to its key. */
import type { DocumentName, Documents, ErasureMark, OpenRing, StoredCaller } from '../../schemas/caller-record.ts'
import { StorageUnavailable } from '../errors.ts'
import { isFields, parseJson } from '../json.ts'
import { cannotOpen, documentLabel, isSealed, type Sealer } from './sealer.ts'

type Check<T> = (value: unknown) => value is T

export interface DocumentChecks {
  caller: Check<StoredCaller>
  mark: Check<ErasureMark>
  ring: Check<OpenRing>
  documents: { [N in DocumentName]: Check<Documents[N]> }
}

export type DocumentFormat<T> = ReturnType<typeof documentFormat<T>>

export type Formats = ReturnType<typeof createFormats>

/** The value does not pass its check: a bug, better reported than stored. */
export class DocumentInvalid extends Error {
  override readonly name = 'DocumentInvalid'
}

/** The version in all stored schemas. A newer document is not damaged, and is left alone. */
const VERSION = 1

/** Notes hold what people wrote. The other documents hold hashes, cursors, and seals. */
const SEALED_DOCUMENTS: readonly DocumentName[] = ['notes']

export function createFormats (checks: DocumentChecks, sealer: Sealer | null) {
  return {
    record: (phoneHash: string) =>
      documentFormat(`callers/${phoneHash}`, belongingTo(checks.caller, phoneHash), sealer),
    /** Never sealed: a mark holds nothing but a phone hash and a time. */
    mark: (phoneHash: string) => documentFormat(`erasures/${phoneHash}`, belongingTo(checks.mark, phoneHash), null),
    /** Beside a record. */
    rings (phoneHash: string) {
      const isRing = belongingTo(checks.ring, phoneHash)
      const areRings = (value: unknown): value is OpenRing[] => Array.isArray(value) && value.every(isRing)
      return documentFormat(`rings/${phoneHash}`, areRings, sealer)
    },
    document: <N extends DocumentName>(name: N) =>
      documentFormat<Documents[N]>(name, checks.documents[name], SEALED_DOCUMENTS.includes(name) ? sealer : null)
  }
}

/** A document copied to another caller's name is invalid there, so that nobody is told what another caller said. */
function belongingTo<T extends { phone_hash: string }> (isValid: Check<T>, phoneHash: string): Check<T> {
  return (value): value is T => isValid(value) && value.phone_hash === phoneHash
}

/** @param sealer - null to store it plain: without a key, or when it says nothing about a caller */
export function documentFormat<T> (key: string, isValid: Check<T>, sealer: Sealer | null) {
  return {
    /** `callers/<phone_hash>`, `notes`, …; a seal is bound to it. */
    key,

    /** In pieces, because to make one large string takes longer than to write it. @throws {DocumentInvalid} */
    write (value: T): string[] {
      if (!isValid(value)) throw new DocumentInvalid(`${documentLabel(key)} would be invalid after this change`)
      return sealer === null ? [...linesOf(value, '\n', 2), '\n'] : [sealer.seal(JSON.stringify(value), key)]
    },

    /**
     * Null when the text is damaged: it is not JSON, or does not pass its check. `isCurrent` is false when it is plain
     * although there is a key, or sealed with an older key.
     *
     * @throws {RecordSealed} the key is unknown, or the document was changed since it was sealed
     * @throws {StorageUnavailable} a newer version of the bridge wrote it
     */
    read (text: string): { value: T, isCurrent: boolean } | null {
      const outer = parseJson(text)
      const sealed = isSealed(outer)
      if (sealed && sealer === null) throw cannotOpen(key, 'DATA_ENCRYPTION_KEY is not set')
      const value = sealed && sealer !== null ? parseJson(sealer.open(outer, key)) : outer
      if (isValid(value)) return { value, isCurrent: sealer === null || (sealed && sealer.isCurrent(outer)) }
      const version = isFields(value) ? value['version'] : undefined
      if (typeof version === 'number' && version > VERSION) {
        const reason = `${documentLabel(key)} was written by a newer version of the bridge`
        throw new StorageUnavailable({ cause: new Error(reason) })
      }
      return null
    }
  }
}

/** Such as a call with its transcript. */
const LONG_LINE = 2000

/** From here on, what is known of each item is kept: to work it out again for thousands takes longer than to write. */
export const LONG_LIST = 50

/**
 * A cache of JSON by object: stored objects are replaced, never changed, and to write the long ones anew would take
 * most of the time.
 */
const keptLines = new WeakMap<object, string>()

function lineOf (value: unknown, isOfLongList: boolean): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const kept = keptLines.get(value)
  if (kept !== undefined) return kept
  const line = JSON.stringify(value)
  if (isOfLongList || line.length >= LONG_LINE) keptLines.set(value, line)
  return line
}

/** JSON with a line for each item of a list, and for each member down to `depth`: a fact or an open ring has one. */
function linesOf (value: unknown, lineBreak: string, depth: number): string[] {
  const members = typeof value === 'object' ? Object.entries(value ?? {}).filter(([, each]) => each !== undefined) : []
  if (members.length === 0 || depth === 0) return [lineOf(value, false)]
  const isList = Array.isArray(value)
  const isLongList = isList && members.length >= LONG_LIST
  const inner = `${lineBreak}  `
  return [
    ...members.flatMap(([name, each], n) => {
      const start = `${n > 0 ? ',' : isList ? '[' : '{'}${inner}`
      if (isList) return [start, lineOf(each, isLongList)]
      return [`${start}${JSON.stringify(name)}: `, ...linesOf(each, inner, depth - 1)]
    }),
    `${lineBreak}${isList ? ']' : '}'}`
  ]
}
