/** The two files of one caller: the record, and the mark of an erasure. */
import { dirname, join } from 'node:path'
import type { ErasureMark, StoredCaller } from '../../../schemas/caller-record.ts'
import { callerFrom, type Caller } from '../../caller/caller.ts'
import type { Formats } from '../formats.ts'
import { jsonDocument, type DocumentOptions, type Loaded } from './json-document.ts'

/** What the files held when they were last read or written. */
export interface StoredState {
  caller: Caller
  record: Loaded<StoredCaller>
  mark: Loaded<ErasureMark>
}

export interface CallerFiles {
  read (): Promise<StoredState>
  /** Whether both files are still as they were. Of a record that was deleted by hand, what a failed write left beside it goes, too. */
  areAt (state: StoredState): Promise<boolean>
  /**
   * Writes what differs from `state`. Resolves to the new state, or to null when a file was changed by hand.
   *
   * @param isSoon - a power cut may bring the old state back
   */
  write (caller: Caller, state: StoredState, isSoon: boolean): Promise<StoredState | null>
}

export interface CallerFilesOptions extends Pick<DocumentOptions<unknown>, 'disk' | 'onDamaged' | 'now'> {
  folder: string
  formats: Formats
}

/** The folder of a kind of file that a caller's file lies in: 256 of them, so that a million callers make no long one. */
export function shardOf (folder: string, kind: 'callers' | 'erasures' | 'queue', phoneHash: string): string {
  return join(folder, kind, phoneHash.slice(0, 2))
}

export function callerFiles (phoneHash: string, { folder, formats, ...options }: CallerFilesOptions): CallerFiles {
  const { disk } = options
  const name = `${phoneHash}.json`
  const record = jsonDocument({ path: join(shardOf(folder, 'callers', phoneHash), name), format: formats.record(phoneHash), ...options })
  const mark = jsonDocument({ path: join(shardOf(folder, 'erasures', phoneHash), name), format: formats.mark(phoneHash), ...options })

  async function writeMark (state: StoredState): Promise<boolean> {
    const { caller: { erasedAt }, mark: old } = state
    if (erasedAt === (old.value?.erased_at ?? null)) return true
    // An erasure takes copies that were set aside, too, and the temp file of a crash: before the mark, which says that it is done.
    if (erasedAt !== null) await disk.removeBeside(record.path)
    const saved = await mark.save(erasedAt === null ? null : { phone_hash: phoneHash, erased_at: erasedAt }, old.stamp)
    if (saved === null) return false
    state.mark = saved
    return true
  }

  async function writeRecord (state: StoredState, isSoon: boolean): Promise<boolean> {
    const { caller: { record: value }, record: old } = state
    if (value === old.value) return true
    const saved = await record.save(value, old.stamp, isSoon)
    if (saved === null) return false
    state.record = saved
    return true
  }

  return {
    async read () {
      const [recordFile = null, markFile = null] = await disk.readFiles([record.path, mark.path])
      const [loadedRecord, loadedMark] = await Promise.all([record.parse(recordFile), mark.parse(markFile)])
      return {
        caller: callerFrom(loadedRecord.value, loadedMark.value?.erased_at ?? null),
        record: loadedRecord,
        mark: loadedMark
      }
    },

    async areAt (state) {
      const [recordStamp = null, markStamp] = await disk.stampFiles([record.path, mark.path])
      if (recordStamp === null && state.record.stamp !== null) await disk.removeTemps(dirname(record.path))
      return recordStamp === state.record.stamp && markStamp === state.mark.stamp
    },

    // A new mark goes first, one that is dropped goes last: a crash between the two leaves an erasure that is honoured,
    // not one that is forgotten.
    async write (caller, state, isSoon) {
      const next = { ...state, caller }
      const isWritten = caller.erasedAt === null
        ? await writeRecord(next, isSoon) && await writeMark(next)
        : await writeMark(next) && await writeRecord(next, isSoon)
      return isWritten ? next : null
    }
  }
}
