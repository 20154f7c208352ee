/**
 * A call start as an event. It is kept in a journal, and folded over the record wherever that is read, until the record
 * is next written, usually when the call ends.
 */
import type { Call, OpenRing } from '../../schemas/caller-record.ts'
import { activeRecord, type Caller, type Context } from './caller.ts'
import { recordCallStart, type CallIds } from './calls.ts'

export interface RingStart {
  ids: CallIds
  direction: Call['direction']
  /** Ids of what the agent was told. */
  told: readonly string[]
}

/** @param before - the caller as the call start found them; with no record, `context.newId` is the session id */
export function openRing (
  before: Caller, { phoneHash, newId, now }: Context, { ids, direction, told }: RingStart
): Omit<OpenRing, 'had_record'> {
  return {
    phone_hash: phoneHash,
    at: now,
    conversation_id: ids.conversationId,
    call_sid: ids.callSid,
    direction,
    session_id: activeRecord(before)?.session_id ?? newId,
    told: [...told],
    erased_at: before.erasedAt
  }
}

/**
 * The caller with the call in the record, or the same `caller` when it is there already. A ring from before an erasure
 * adds nothing; nor does one of a caller whose record was deleted by hand since.
 */
export function foldRing (caller: Caller, ring: OpenRing): Caller {
  const ids = { conversationId: ring.conversation_id, callSid: ring.call_sid }
  if (isOutdated(caller, ring) || isFolded(caller, ring)) return caller
  const context = { phoneHash: ring.phone_hash, newId: ring.session_id, now: ring.at }
  const { caller: started, result } = recordCallStart(context, ids, ring.direction)(caller)
  return result === null ? caller : rememberTold(started, result.callNumber, ring.told)
}

/**
 * Stores the ids of what a call was told with that call. The same caller if nothing changes: the call was told the same
 * before, or is folded.
 */
export function rememberTold (caller: Caller, callNumber: number, told: readonly string[]): Caller {
  const record = activeRecord(caller)
  const call = record?.calls.find(({ number }) => number === callNumber)
  if (record === null || call === undefined || isSame(call.told ?? [], told)) return caller
  const calls = record.calls.map((each) => each === call ? { ...call, told: [...told] } : each)
  return { ...caller, record: { ...record, calls } }
}

function isOutdated ({ record, erasedAt }: Caller, ring: OpenRing): boolean {
  const isErased = erasedAt !== null && erasedAt !== ring.erased_at && ring.at <= erasedAt
  return isErased || (ring.had_record && record === null)
}

/** A call without ids is recognised by its start. */
function isFolded (caller: Caller, { at, conversation_id: conversationId, call_sid: callSid }: OpenRing): boolean {
  return conversationId === null && callSid === null && activeRecord(caller)?.calls.some((call) =>
    call.started_at === at && call.conversation_id === null && call.call_sid === null) === true
}

function isSame (one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((id, n) => id === other[n])
}
