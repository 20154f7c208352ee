/** One caller as the store keeps them, and how a record begins. */
import type { CallerRecord, StoredCaller } from '../../schemas/caller-record.ts'
import { CallerOptedOut } from '../errors.ts'

/** What is stored about a caller: their record, if any, and when they were last erased, if ever. */
export interface Caller {
  record: StoredCaller | null
  /** ISO 8601. Whatever began at or before this moment may not come back. */
  erasedAt: string | null
}

/**
 * A change to a caller: pure, so that a store may apply it again to fresh data when the record was
 * changed by hand meanwhile. Returning the same `caller` writes nothing; throwing changes nothing.
 */
export type Change<T> = (caller: Caller) => { caller: Caller, result: T }

/** What a change needs besides the caller: ids and time come from outside. */
export interface Context {
  phoneHash: string
  /** A random id. Becomes the session id when the record is new. */
  newId: string
  /** ISO 8601, UTC. */
  now: string
}

/**
 * A caller from what was found in storage. A record that is older than its caller's last erasure has come back
 * from a backup, or outlived a crash in the middle of the erasure: it counts as erased.
 */
export function callerFrom (record: StoredCaller | null, erasedAt: string | null): Caller {
  const hasComeBack = erasedAt !== null && record?.remember === true && record.created_at < erasedAt
  return { record: hasComeBack ? null : record, erasedAt }
}

/** The record to tell from, or null for a stranger and for somebody who opted out. */
export function activeRecord ({ record }: Caller): CallerRecord | null {
  return record?.remember ? record : null
}

export function hasOptedOut ({ record }: Caller): boolean {
  return record?.remember === false
}

/**
 * The record to change: the stored one, or a new one for somebody never heard of.
 *
 * @throws {CallerOptedOut} nothing may be stored about them
 */
export function recordToChange (caller: Caller, { phoneHash, newId, now }: Context): CallerRecord {
  if (hasOptedOut(caller)) throw new CallerOptedOut()
  const { erasedAt } = caller
  return activeRecord(caller) ?? {
    version: 1,
    phone_hash: phoneHash,
    session_id: newId,
    caller_name: null,
    language: null,
    remember: true,
    // The clock may have been set back since an erasure; what is new must not look older than it.
    created_at: erasedAt !== null && erasedAt > now ? erasedAt : now,
    first_seen: null,
    last_seen: null,
    call_count: 0,
    facts: [],
    notes: [],
    calls: [],
    folded_calls: []
  }
}
