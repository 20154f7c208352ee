import { isDeepStrictEqual } from 'node:util'
import type { StoredCaller } from '../../schemas/caller-record.ts'
import { later } from '../time.ts'
import type { Caller, Change } from './caller.ts'

/**
 * What became of a caller in a backup:
 *
 * - `restored`: the record, or opt-out, is in the store now
 * - `replaced`: it replaced the one in the store
 * - `kept`: the store has a record, which stays
 * - `dropped`: not restored, because the store has a later erasure or an opt-out
 * - `erased`: the store's record was erased, because the backup has a later erasure or an opt-out
 * - `mark`: there is only an erasure mark
 */
export type Restored = 'restored' | 'replaced' | 'kept' | 'dropped' | 'erased' | 'mark'

/**
 * Erasures and opt-outs of either side count; the later erasure mark stays. Otherwise the store's record stays, unless
 * `overwrite` is set. Idempotent.
 */
export function restoreCaller (saved: Caller, overwrite: boolean): Change<Restored> {
  return (caller) => {
    const erasedAt = later(caller.erasedAt, saved.erasedAt)
    const stored = isOutdated(caller.record, caller.erasedAt, erasedAt) ? null : caller.record
    const offered = isOutdated(saved.record, saved.erasedAt, erasedAt) ? null : saved.record
    const record = choose(stored, offered, { overwrite, isLifted: isKnown(saved.erasedAt, caller.erasedAt) })
    return {
      caller: record === caller.record && erasedAt === caller.erasedAt ? caller : { record, erasedAt },
      result: outcome(caller.record, saved.record, record)
    }
  }
}

/** @param isLifted - the store knows the backup's opt-out: if it has a record, the caller has opted in again */
function choose (
  stored: StoredCaller | null,
  offered: StoredCaller | null,
  { overwrite, isLifted }: { overwrite: boolean, isLifted: boolean }
): StoredCaller | null {
  if (stored === null || offered === null) return stored ?? offered
  if (!stored.remember || isDeepStrictEqual(stored, offered)) return stored
  if (!offered.remember) return isLifted ? stored : offered
  return overwrite ? offered : stored
}

function outcome (before: StoredCaller | null, offered: StoredCaller | null, after: StoredCaller | null): Restored {
  if (before?.remember === true && after?.remember !== true) return 'erased'
  if (offered === null) return before === null ? 'mark' : 'kept'
  if (after === before) return before === null || (offered.remember && !before.remember) ? 'dropped' : 'kept'
  return before === null ? 'restored' : 'replaced'
}

/**
 * If a record's creation time equals the erasure time, it postdates the erasure only if its own side (store or backup)
 * already had that mark.
 */
function isOutdated (record: StoredCaller | null, itsMark: string | null, mark: string | null): boolean {
  if (record?.remember !== true || mark === null) return false
  return record.created_at < mark || (record.created_at === mark && itsMark !== mark)
}

function isKnown (mark: string | null, to: string | null): boolean {
  return mark !== null && to !== null && to >= mark
}
