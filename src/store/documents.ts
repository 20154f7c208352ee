/** Stored texts as values: read, checked, quarantined when damaged, and replaced. */
import type { ErasureMark, OpenRing, StoredCaller } from '../../schemas/caller-record.ts'
import { callerFrom, type Caller } from '../caller/caller.ts'
import { foldRing } from '../caller/open-ring.ts'
import { RecordDamaged } from '../errors.ts'
import type { Driver, StoredText, Version, Write } from './driver.ts'
import type { DocumentFormat, Formats } from './formats.ts'

export interface Loaded<T> {
  value: T | null
  version: Version
  /** As a format reads it. */
  isCurrent: boolean
  /** In characters. */
  size: number
}

export interface StoredState {
  /** With `rings`. */
  caller: Caller
  record: Loaded<StoredCaller>
  mark: Loaded<ErasureMark>
  /** Call starts beside the record, on a shared medium. */
  rings: Loaded<OpenRing[]>
}

export type StoredDocuments = ReturnType<typeof storedDocuments>

export interface StoredDocumentsParts {
  driver: Driver
  formats: Formats
  /** Called once for each quarantined text, with its new name. */
  onDamaged: (name: string) => void
}

const NONE = { value: null, version: null, isCurrent: true, size: 0 }

export function storedDocuments ({ driver, formats, onDamaged }: StoredDocumentsParts) {
  const kinds = driver.isShared ? ['callers', 'erasures', 'rings'] : ['callers', 'erasures']
  const keysOf = (phoneHash: string) => kinds.map((kind) => `${kind}/${phoneHash}`)

  /** @throws {RecordDamaged} after quarantining a text that is not JSON or does not pass its check */
  async function load<T> (format: DocumentFormat<T>): Promise<Loaded<T>> {
    const [found = null] = await driver.read([format.key])
    return await parse(format, found)
  }

  async function parse<T> (format: DocumentFormat<T>, found: StoredText | null | Error = null): Promise<Loaded<T>> {
    if (found instanceof Error) throw found
    if (found === null) return NONE
    const { text, version } = found
    const read = format.read(text)
    if (read !== null) return { ...read, version, size: text.length }

    const name = await driver.quarantine(format.key, version)
    // Another reader may have moved it already: a good text may be in its place.
    if (name === null) return await load(format)
    onDamaged(name)
    throw new RecordDamaged(name)
  }

  async function parseCaller (phoneHash: string, found: Array<StoredText | null | Error>): Promise<StoredState> {
    const [record, mark, rings] = await Promise.all([
      parse(formats.record(phoneHash), found[0]),
      parse(formats.mark(phoneHash), found[1]),
      parse(formats.rings(phoneHash), found[2])
    ])
    const written = callerFrom(record.value, mark.value?.erased_at ?? null)
    return { caller: (rings.value ?? []).reduce(foldRing, written), record, mark, rings }
  }

  return {
    load,

    /** Durable. False, and nothing is written, if there is another version than `before`. */
    async save<T> (format: DocumentFormat<T>, value: T | null, before: Loaded<T>): Promise<boolean> {
      return await driver.write([writeOf(format, value, before)], false) !== null
    },

    /** Like `load`; one promise a caller, since each may be unreadable. */
    async loadCallers (phoneHashes: string[]): Promise<Array<Promise<StoredState>>> {
      const found = await driver.read(phoneHashes.flatMap(keysOf))
      const count = kinds.length
      return phoneHashes.map((phoneHash, n) => parseCaller(phoneHash, found.slice(count * n, count * (n + 1))))
    },

    isCallerUnchanged: (phoneHash: string, { record, mark }: StoredState): Promise<boolean> =>
      driver.areUnchanged(keysOf(phoneHash).slice(0, 2), [record.version, mark.version]),

    /** Writes the record with `before.rings` in it. Resolves to the new state; to null if another version was found. */
    async saveCaller (
      phoneHash: string, caller: Caller, before: StoredState, isSoon: boolean
    ): Promise<StoredState | null> {
      const { record, erasedAt } = caller
      const markBefore = before.mark.value
      const markAfter = erasedAt === null ? null : { phone_hash: phoneHash, erased_at: erasedAt }
      const mark = erasedAt === markBefore?.erased_at ? markBefore : markAfter
      const recordWrite = writeOf(formats.record(phoneHash), record, before.record)
      const markWrite = writeOf(formats.mark(phoneHash), mark, before.mark)

      // A new mark is written first, a dropped one deleted last: no crash in between forgets an erasure.
      const isMarkFirst = erasedAt !== null
      const writes = isMarkFirst ? [markWrite, recordWrite] : [recordWrite, markWrite]
      const { key } = formats.rings(phoneHash)
      const folded = driver.isShared ? [{ key, before: before.rings.version, text: null }] : []
      const versions = await driver.write([...writes, ...folded], isSoon)
      if (versions === null) return null
      const [recordVersion, markVersion] = isMarkFirst ? [versions[1], versions[0]] : versions
      return {
        caller,
        record: written(recordWrite, record, before.record, recordVersion),
        mark: written(markWrite, mark, before.mark, markVersion),
        rings: NONE
      }
    },

    /** Adds call starts beside the record. `caller` has them in it. Null as with `isSoon` of a driver's `write`. */
    async saveRings (
      phoneHash: string, rings: readonly OpenRing[], caller: Caller, before: StoredState
    ): Promise<StoredState | null> {
      const value = [...before.rings.value ?? [], ...rings]
      const write = writeOf(formats.rings(phoneHash), value, before.rings)
      const unchanged = [before.record, before.mark].map(({ version }, n) =>
        ({ key: keysOf(phoneHash)[n]!, before: version }))
      const versions = await driver.write([...unchanged, write], true)
      if (versions === null) return null
      return { ...before, caller, rings: written(write, value, before.rings, versions[2]) }
    }
  }
}

/** Without a text when `value` is what was read. */
function writeOf<T> (format: DocumentFormat<T>, value: T | null, before: Loaded<T>): Write {
  const write = { key: format.key, before: before.version }
  if (value === before.value) return write
  return { ...write, text: value === null ? null : format.write(value) }
}

function written<T> ({ text }: Write, value: T | null, before: Loaded<T>, version: Version = null): Loaded<T> {
  if (text === undefined) return before
  return { value, version, isCurrent: true, size: text?.reduce((sum, { length }) => sum + length, 0) ?? 0 }
}
