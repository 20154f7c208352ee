/**
 * A call start as an event. It is kept in a journal, and folded over the record wherever that is read, until the record
 * is next written, usually when the call ends.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Call, CallerRecord, OpenRing } from '../../schemas/caller-record.ts'
import { activeRecord, type Caller, type Context } from './caller.ts'
import { recordCallStart, withCallChanged, type CallIds } from './calls.ts'
import { wordsToKeep } from './told.ts'

/** Folding `ring` over the caller gives the new `caller`. It is null when nothing changes. */
export type CallStart<T> = (caller: Caller) => {
  caller: Caller
  ring: Omit<OpenRing, 'had_record'> | null
  result: T
}

/**
 * Starts a call as one change, so that one write holds both the call and what it was told. For a caller who opted out
 * nothing is composed, and the result is null. `context.newId` is the session id of a new record.
 *
 * @param compose - makes the result from the record with the call, and names the ids of what the agent is told
 */
export function beginCall<T> (
  context: Context,
  ids: CallIds,
  direction: Call['direction'],
  compose: (record: CallerRecord, callNumber: number) => { told: string[], result: T }
): CallStart<T | null> {
  const start = recordCallStart(context, ids, direction)
  return (before) => {
    const { caller: begun, result: started } = start(before)
    if (started === null) return { caller: before, ring: null, result: null }
    const { told, result } = compose(started.record, started.callNumber)
    const caller = rememberTold(begun, started.callNumber, told)
    const ring = {
      phone_hash: context.phoneHash,
      at: context.now,
      conversation_id: ids.conversationId,
      call_sid: ids.callSid,
      direction,
      session_id: started.record.session_id,
      told,
      erased_at: before.erasedAt
    }
    return { caller, ring: caller === before ? null : ring, result }
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
 * Stores with a call what it was told: the ids, and the words of those whose words may go before the call does.
 * The same caller if nothing changes: the call was told the same before, or is folded.
 */
function rememberTold (caller: Caller, callNumber: number, told: string[]): Caller {
  const record = activeRecord(caller)
  const call = record?.calls.find(({ number }) => number === callNumber)
  if (record === null || call === undefined || isDeepStrictEqual(call.told ?? [], told)) return caller
  const words = wordsToKeep(record, told)
  const { told_words: _, ...rest } = call
  const withTold = words.length === 0 ? { ...rest, told } : { ...rest, told, told_words: words }
  return { ...caller, record: withCallChanged(record, callNumber, () => withTold) }
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
