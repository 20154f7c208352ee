/** Stored texts as values: read, checked, quarantined when damaged, and replaced. */
import type { ErasureMark, StoredCaller } from '../../schemas/caller-record.ts'
import { callerFrom, type Caller } from '../caller/caller.ts'
import { RecordDamaged } from '../errors.ts'
import type { DocumentFormat } from './document-format.ts'
import type { Driver, StoredText, Version, Write } from './driver.ts'
import type { Formats } from './formats.ts'

export interface Loaded<T> {
  value: T | null
  version: Version
  /** False when it is plain although there is a key, or sealed with an older key. */
  isCurrent: boolean
  /** In characters. */
  size: number
}

export interface StoredState {
  caller: Caller
  record: Loaded<StoredCaller>
  mark: Loaded<ErasureMark>
}

export interface StoredDocuments {
  /** @throws {RecordDamaged} after quarantining a text that is not JSON or does not pass its check */
  load<T> (key: string, format: DocumentFormat<T>): Promise<Loaded<T>>
  /** Durable. False, and nothing is written, if there is another version than `before`. */
  save<T> (key: string, format: DocumentFormat<T>, value: T | null, before: Loaded<T>): Promise<boolean>
  /** Like `load`; one promise a caller, since each may be unreadable. */
  loadCallers (phoneHashes: string[]): Promise<Array<Promise<StoredState>>>
  isCallerUnchanged (phoneHash: string, state: StoredState): Promise<boolean>
  /** Resolves to the new state, or to null if another version was found. */
  saveCaller (phoneHash: string, caller: Caller, before: StoredState, isSoon: boolean): Promise<StoredState | null>
}

export interface StoredDocumentsParts {
  driver: Driver
  formats: Formats
  /** Called once for each quarantined text, with its new name. */
  onDamaged: (name: string) => void
}

const NONE = { value: null, version: null, isCurrent: true, size: 0 }

const keysOf = (phoneHash: string) => [`callers/${phoneHash}`, `erasures/${phoneHash}`] as const

export function storedDocuments ({ driver, formats, onDamaged }: StoredDocumentsParts): StoredDocuments {
  async function load<T> (key: string, format: DocumentFormat<T>): Promise<Loaded<T>> {
    const [found = null] = await driver.read([key])
    return await parse(key, format, found)
  }

  async function parse<T> (
    key: string, format: DocumentFormat<T>, found: StoredText | null | Error
  ): Promise<Loaded<T>> {
    if (found instanceof Error) throw found
    if (found === null) return NONE
    const { text, version } = found
    const read = format.read(text)
    if (read !== null) return { ...read, version, size: text.length }

    const name = await driver.quarantine(key, version)
    // Another reader may have moved it already: a good text may be in its place.
    if (name === null) return await load(key, format)
    onDamaged(name)
    throw new RecordDamaged(name)
  }

  async function parseCaller (phoneHash: string, found: Array<StoredText | null | Error>): Promise<StoredState> {
    const [recordKey, markKey] = keysOf(phoneHash)
    const [record, mark] = await Promise.all([
      parse(recordKey, formats.record(phoneHash), found[0] ?? null),
      parse(markKey, formats.mark(phoneHash), found[1] ?? null)
    ])
    return { caller: callerFrom(record.value, mark.value?.erased_at ?? null), record, mark }
  }

  return {
    load,

    async save (key, format, value, before) {
      return await driver.write([writeOf(key, format, value, before)], false) !== null
    },

    async loadCallers (phoneHashes) {
      const found = await driver.read(phoneHashes.flatMap(keysOf))
      return phoneHashes.map((phoneHash, n) => parseCaller(phoneHash, found.slice(2 * n, 2 * n + 2)))
    },

    isCallerUnchanged: (phoneHash, { record, mark }) =>
      driver.areUnchanged([...keysOf(phoneHash)], [record.version, mark.version]),

    async saveCaller (phoneHash, caller, before, isSoon) {
      const { record, erasedAt } = caller
      const [recordKey, markKey] = keysOf(phoneHash)
      const markBefore = before.mark.value
      const markAfter = erasedAt === null ? null : { phone_hash: phoneHash, erased_at: erasedAt }
      const mark = erasedAt === markBefore?.erased_at ? markBefore : markAfter
      const recordWrite = writeOf(recordKey, formats.record(phoneHash), record, before.record)
      const markWrite = writeOf(markKey, formats.mark(phoneHash), mark, before.mark)

      // A new mark is written first, a dropped one deleted last: no crash in between forgets an erasure.
      const isMarkFirst = erasedAt !== null
      const versions = await driver.write(isMarkFirst ? [markWrite, recordWrite] : [recordWrite, markWrite], isSoon)
      if (versions === null) return null
      const [recordVersion, markVersion] = isMarkFirst ? versions.toReversed() : versions
      return {
        caller,
        record: written(recordWrite, record, before.record, recordVersion),
        mark: written(markWrite, mark, before.mark, markVersion)
      }
    }
  }
}

/** Without a text when `value` is what was read. */
function writeOf<T> (key: string, format: DocumentFormat<T>, value: T | null, before: Loaded<T>): Write {
  const write = { key, before: before.version }
  if (value === before.value) return write
  return { ...write, text: value === null ? null : format.write(value) }
}

function written<T> ({ text }: Write, value: T | null, before: Loaded<T>, version: Version = null): Loaded<T> {
  return text === undefined ? before : { value, version, isCurrent: true, size: text?.length ?? 0 }
}
