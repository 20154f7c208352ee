import type { CallerRecord, StoredCaller } from '../../schemas/caller-record.ts'
import { CallerOptedOut } from '../errors.ts'

export interface Caller {
  record: StoredCaller | null
  /** The last erasure, ISO 8601. Nothing from this moment or before it may come back. */
  erasedAt: string | null
}

/**
 * Pure, because a store may apply it again when the record was changed meanwhile. Returning the same `caller` writes
 * nothing; throwing changes nothing.
 */
export type Change<T> = (caller: Caller) => { caller: Caller, result: T }

/** As {@link Change}, of another document. Returning the same `value` writes nothing. */
export type DocumentChange<D, T> = (value: D | null) => { value: D | null, result: T }

export interface Context {
  phoneHash: string
  /** The session id, if the record is new. */
  newId: string
  /** ISO 8601, UTC. */
  now: string
}

/** A record older than the last erasure counts as erased: it is from a backup, or survived a crash in the erasure. */
export function callerFrom (record: StoredCaller | null, erasedAt: string | null): Caller {
  const hasComeBack = erasedAt !== null && record?.remember === true && record.created_at < erasedAt
  return { record: hasComeBack ? null : record, erasedAt }
}

/** A cache: what is in a record is never changed in place, and the records of frequent callers stay in memory. */
export function workedOutOnce<K extends object, V extends object | string> (work: (from: K) => V): (from: K) => V {
  const known = new WeakMap<K, V>()
  return (from) => {
    const found = known.get(from)
    if (found !== undefined) return found
    const value = work(from)
    known.set(from, value)
    return value
  }
}

/** Null for strangers, and for callers who opted out. */
export function activeRecord ({ record }: Caller): CallerRecord | null {
  return record?.remember ? record : null
}

export function hasOptedOut ({ record }: Caller): boolean {
  return record?.remember === false
}

/** The stored record, or a new one. @throws {CallerOptedOut} */
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
    // The clock may have been set back since an erasure, and a new record must not look older than it.
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
