/** The session history: a call begins at ring, ends with the post-call webhook, and is counted once. */
import type { Call, CallerRecord, FoldedCall, Turn } from '../../schemas/caller-record.ts'
import { earlier } from '../clock.ts'
import { hasOptedOut, activeRecord, recordToChange, type Caller, type Change, type Context } from './caller.ts'

/** Calls kept in full; older ones fold into the count. */
export const MAX_CALLS = 20

/** Folded calls whose ids are kept, so that a late repeat is still recognised. */
export const MAX_FOLDED_CALLS = 200

/** How a call is told from others. Empty ids are null. */
export interface CallIds {
  conversationId: string | null
  callSid: string | null
}

/** A call as the post-call webhook reports it. */
export interface CallEnd {
  ids: CallIds
  direction: 'inbound' | 'outbound'
  /** Whether only a ring of the same conversation proves whose call it was. Missing: it is known. */
  needsRing?: boolean
  /** ISO 8601; null when the report does not say. */
  startedAt: string | null
  endedAt: string
  durationSecs: number | null
  status: string
  failureReason: string | null
  title: string | null
  summary: string | null
  /** ElevenLabs' verdict on the call, and results of its evaluation; missing where there are none. */
  outcome?: string
  evaluation?: NonNullable<Call['evaluation']>
  /** Missing when it is not to be kept. */
  transcript?: Turn[]
}

/** What became of a report: `closed` and `added` changed the record, the others did not. */
export type CallEndOutcome = 'closed' | 'added' | 'repeated' | 'no-ring' | 'erased' | 'opted-out'

/** The result of a ring: the record to tell from and the number of this call, or null for somebody who opted out. */
export type RecordedStart = { record: CallerRecord, callNumber: number } | null

/**
 * Notes that the phone rings. The same call again has the same number, and changes nothing but ids that were missing.
 */
export function recordCallStart (context: Context, ids: CallIds, direction: Call['direction']): Change<RecordedStart> {
  return (caller) => {
    if (hasOptedOut(caller)) return { caller, result: null }
    const old = recordToChange(caller, context)
    const known = findCall(old, ids)
    if (known !== undefined) {
      const completed = withIds(caller, old, known, ids)
      return { caller: completed.caller, result: { record: completed.record, callNumber: known.number } }
    }

    const record = withCall(old, {
      number: old.call_count + 1,
      conversation_id: ids.conversationId,
      call_sid: ids.callSid,
      direction,
      started_at: context.now,
      ended_at: null,
      duration_secs: null,
      status: 'ringing',
      failure_reason: null,
      title: null,
      summary: null
    }, context.now)
    return { caller: { ...caller, record }, result: { record, callNumber: record.call_count } }
  }
}

/**
 * Closes a call, or adds one whose ring was never seen. A call that is closed already, or folded, stays as it is, but
 * for a summary that was missing. What began at or before an erasure, or may have, is dropped; a call that rang
 * after it has its own start. A call that needs a ring is dropped when the caller has no call with its conversation id:
 * a call SID proves nothing, because it may come from the variables, too. Times ahead of the clock here are stored as now.
 */
export function recordCallEnd (context: Context, end: CallEnd): Change<CallEndOutcome> {
  return (caller) => {
    if (hasOptedOut(caller)) return { caller, result: 'opted-out' }
    const stored = activeRecord(caller)
    const ids = end.needsRing === true ? { ...end.ids, callSid: null } : end.ids
    const known = stored === null ? undefined : findCall(stored, ids)
    if (stored === null || known === undefined) {
      if (isErased(caller, end.startedAt)) return { caller, result: 'erased' }
      if (end.needsRing === true) return { caller, result: 'no-ring' }
      const old = recordToChange(caller, context)
      const call = { ...ended(end, context), number: old.call_count + 1, started_at: startOf(end, context) }
      const record = withCall(old, call, context.now)
      return { caller: { ...caller, record }, result: 'added' }
    }
    if (!isInFull(known) || (known.ended_at !== null && (known.summary !== null || end.summary === null))) {
      return { caller: withIds(caller, stored, known, end.ids).caller, result: 'repeated' }
    }

    const closed: Call = {
      ...ended(end, context),
      ...(known.told === undefined ? {} : { told: known.told }),
      ...(known.learnt_at === undefined ? {} : { learnt_at: known.learnt_at }),
      number: known.number,
      // It rang when the clock was ahead of what it is now.
      started_at: known.started_at > context.now ? startOf(end, context) : known.started_at,
      conversation_id: known.conversation_id ?? end.ids.conversationId,
      call_sid: known.call_sid ?? end.ids.callSid
    }
    const calls = stored.calls.map((call) => call.number === known.number ? closed : call)
    const times = closed.started_at === known.started_at ? { calls } : withTimes(stored, calls, closed, context.now)
    return { caller: { ...caller, record: { ...stored, ...times } }, result: 'closed' }
  }
}

/** The call with one of these ids, the conversation's first; folded ones too. */
export function findCall (record: CallerRecord, ids: CallIds): Call | FoldedCall | undefined {
  const calls: Array<Call | FoldedCall> = [...record.calls, ...record.folded_calls]
  return calls.find((call) => ids.conversationId !== null && call.conversation_id === ids.conversationId) ??
    calls.find((call) => ids.callSid !== null && call.call_sid === ids.callSid)
}

/** Whether no call of this caller began after this one, as far as they are kept in full. */
export function isLatest (record: CallerRecord, conversationId: string | null): boolean {
  return record.calls.at(-1)?.conversation_id === conversationId
}

/** Whether a call is kept with all that is known about it. */
export function isInFull (call: Call | FoldedCall): call is Call {
  return 'status' in call
}

function isErased ({ erasedAt }: Caller, startedAt: string | null): boolean {
  return erasedAt !== null && (startedAt === null || startedAt <= erasedAt)
}

/** Ids of a known call that were missing, so that a third message with only those is recognised, too. */
function withIds (caller: Caller, record: CallerRecord, known: Call | FoldedCall, ids: CallIds): { caller: Caller, record: CallerRecord } {
  const missing = {
    ...(known.conversation_id === null && ids.conversationId !== null ? { conversation_id: ids.conversationId } : {}),
    ...(known.call_sid === null && ids.callSid !== null ? { call_sid: ids.callSid } : {})
  }
  if (Object.keys(missing).length === 0) return { caller, record }
  const complete = <T extends FoldedCall>(call: T): T => call.number === known.number ? { ...call, ...missing } : call
  const completed = { ...record, calls: record.calls.map(complete), folded_calls: record.folded_calls.map(complete) }
  return { caller: { ...caller, record: completed }, record: completed }
}

function ended (end: CallEnd, { now }: Context): Omit<Call, 'number' | 'started_at'> {
  return {
    conversation_id: end.ids.conversationId,
    call_sid: end.ids.callSid,
    direction: end.direction,
    ended_at: earlier(end.endedAt, now),
    duration_secs: end.durationSecs,
    status: end.status,
    failure_reason: end.failureReason,
    title: end.title,
    summary: end.summary,
    ...(end.outcome === undefined ? {} : { outcome: end.outcome }),
    ...(end.evaluation === undefined ? {} : { evaluation: end.evaluation }),
    ...(end.transcript === undefined ? {} : { transcript: end.transcript })
  }
}

function startOf ({ startedAt, endedAt }: CallEnd, { now }: Context): string {
  return earlier(startedAt ?? endedAt, now)
}

function withCall (record: CallerRecord, call: Call, now: string): CallerRecord {
  const { calls, ...seen } = withTimes(record, [...record.calls, call], call, now)
  return { ...record, ...keepNewest(calls, record.folded_calls), ...seen, call_count: record.call_count + 1 }
}

type Times = Pick<CallerRecord, 'calls' | 'first_seen' | 'last_seen'>

/**
 * Calls in order, and when their caller was first and last seen. A `last_seen` after `now`, of an earlier clock that was
 * wrong, is worked out anew.
 *
 * @param call - the one of `calls` with a new start, not after `now`
 */
function withTimes (record: CallerRecord, calls: Call[], { started_at: start }: Call, now: string): Times {
  const { first_seen: first, last_seen: last } = record
  const others = last === null || last > now ? calls.map((each) => each.started_at) : [last]
  return {
    calls: calls.toSorted((a, b) => a.started_at < b.started_at ? -1 : a.started_at > b.started_at ? 1 : 0),
    first_seen: first === null ? start : earlier(first, start),
    last_seen: others.reduce((latest, time) => time > latest && time <= now ? time : latest, start)
  }
}

/** The newest calls, and those before them folded, behind the ones that were. All are oldest first. */
export function keepNewest (calls: Call[], foldedCalls: FoldedCall[]): Pick<CallerRecord, 'calls' | 'folded_calls'> {
  const folded = calls.slice(0, -MAX_CALLS).map((each) => ({
    number: each.number, conversation_id: each.conversation_id, call_sid: each.call_sid
  }))
  return { calls: calls.slice(-MAX_CALLS), folded_calls: [...foldedCalls, ...folded].slice(-MAX_FOLDED_CALLS) }
}
