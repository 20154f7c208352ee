/** A caller of a backup put back into a store that may know more by now. */
import { isDeepStrictEqual } from 'node:util'
import type { StoredCaller } from '../../schemas/caller-record.ts'
import type { Caller, Change } from './caller.ts'

/**
 * What became of a caller of a backup:
 *
 * - `restored`: their record, or opt-out, is in the store now
 * - `replaced`: it took the place of the one that was there
 * - `kept`: the store has a record already, which stays
 * - `dropped`: not taken, because the store knows of a later erasure or of an opt-out
 * - `erased`: the record in the store went, because the backup knows of a later erasure or of an opt-out
 * - `mark`: there is the mark of an erasure and nothing else
 */
export type Restored = 'restored' | 'replaced' | 'kept' | 'dropped' | 'erased' | 'mark'

/**
 * Erasures and opt-outs hold, whichever side knows of them; the later mark stays. Otherwise what the store has stays as
 * it is. Applied again it changes nothing.
 *
 * @param overwrite - the backup's record replaces the store's
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

/**
 * @param isLifted - the store has heard of the erasure that came with the backup's opt-out: a record that is there all
 *   the same was begun when the caller wanted to be remembered again
 */
function choose (stored: StoredCaller | null, offered: StoredCaller | null, { overwrite, isLifted }: { overwrite: boolean, isLifted: boolean }): StoredCaller | null {
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
 * Whether a record began before an erasure. One that began in the same moment came after an erasure that its own side
 * knew of, and before one that it did not.
 */
function isOutdated (record: StoredCaller | null, itsMark: string | null, mark: string | null): boolean {
  if (record?.remember !== true || mark === null) return false
  return record.created_at < mark || (record.created_at === mark && itsMark !== mark)
}

function isKnown (mark: string | null, to: string | null): boolean {
  return mark !== null && to !== null && to >= mark
}

function later (one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other
  return one > other ? one : other
}
