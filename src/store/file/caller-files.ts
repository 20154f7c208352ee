import { dirname, join } from 'node:path'
import type { ErasureMark, StoredCaller } from '../../../schemas/caller-record.ts'
import { callerFrom, type Caller } from '../../caller/caller.ts'
import type { Formats } from '../formats.ts'
import { jsonDocument, type DocumentOptions, type Loaded } from './json-document.ts'

export interface StoredState {
  caller: Caller
  record: Loaded<StoredCaller>
  mark: Loaded<ErasureMark>
}

export interface CallerFiles {
  read (): Promise<StoredState>
  /** If the record was deleted by hand, also removes the temp file of a failed write. */
  areUnchanged (state: StoredState): Promise<boolean>
  /** Resolves to the new state, or null if a file was changed by hand. With `isSoon`, a power cut may undo it. */
  write (caller: Caller, state: StoredState, isSoon: boolean): Promise<StoredState | null>
}

export interface CallerFilesOptions extends Pick<DocumentOptions<unknown>, 'disk' | 'onDamaged' | 'now'> {
  folder: string
  formats: Formats
}

/** There are 256 folders of each kind, so that a million callers do not fill a single one. */
export function shardOf (folder: string, kind: 'callers' | 'erasures' | 'queue', phoneHash: string): string {
  return join(folder, kind, phoneHash.slice(0, 2))
}

export function callerFiles (phoneHash: string, { folder, formats, ...options }: CallerFilesOptions): CallerFiles {
  const { disk } = options
  const path = (kind: 'callers' | 'erasures') => join(shardOf(folder, kind, phoneHash), `${phoneHash}.json`)
  const record = jsonDocument({ path: path('callers'), format: formats.record(phoneHash), ...options })
  const mark = jsonDocument({ path: path('erasures'), format: formats.mark(phoneHash), ...options })

  async function writeMark (state: StoredState): Promise<boolean> {
    const { caller: { erasedAt }, mark: old } = state
    if (erasedAt === (old.value?.erased_at ?? null)) return true
    // Quarantined copies and temp files go first, because the mark says that the erasure is done.
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

    async areUnchanged (state) {
      const [recordStamp = null, markStamp] = await disk.stampFiles([record.path, mark.path])
      if (recordStamp === null && state.record.stamp !== null) await disk.removeTemps(dirname(record.path))
      return recordStamp === state.record.stamp && markStamp === state.mark.stamp
    },

    // A new mark is written first, a dropped one deleted last: no crash in between forgets an erasure.
    async write (caller, state, isSoon) {
      const next = { ...state, caller }
      const isWritten = caller.erasedAt === null
        ? await writeRecord(next, isSoon) && await writeMark(next)
        : await writeMark(next) && await writeRecord(next, isSoon)
      return isWritten ? next : null
    }
  }
}
