/** A call has a start and an end, two webhooks that may repeat or go missing. It is counted once. */
import type { Call, CallerRecord, FoldedCall } from '../../schemas/caller-record.ts'
import { compareTimes, earlier } from '../time.ts'
import { hasOptedOut, activeRecord, recordToChange, type Caller, type Change, type Context } from './caller.ts'

/** Kept in full. Older ones are folded: only their ids stay. */
export const MAX_CALLS = 20

/** The ids that are kept of older calls, so that a late repeat is recognised. */
export const MAX_FOLDED_CALLS = 200

/** Empty ids are null. */
export interface CallIds {
  conversationId: string | null
  callSid: string | null
}

export interface CallEnd {
  ids: CallIds
  /** Whether only a call start of the same conversation proves whose call it was. Default: false. */
  needsCallStart?: boolean
  /** ISO 8601; null when unknown. */
  startedAt: string | null
  endedAt: string
  /** As it is stored. */
  said: Pick<Call, 'direction' | 'duration_secs' | 'status' | 'failure_reason' | 'title' | 'summary' | 'withheld' |
    'outcome' | 'evaluation' | 'transcript'>
}

/** `closed` and `added` changed the record. */
export type CallEndOutcome = 'closed' | 'added' | 'repeated' | 'no-ring' | 'erased' | 'opted-out'

/** Null for a caller who opted out. */
export type RecordedStart = { record: CallerRecord, callNumber: number } | null

/** A repeat has the same call number, and only adds ids that were missing. */
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
 * Ends a call, or adds one whose start was never received. A call that has ended changes only if its summary was
 * missing; a folded one gets missing ids only. A call that may have started before the last erasure is dropped. If a
 * call start is needed, it must have the same conversation id: the call SID may come from variables, and proves
 * nothing. Times ahead of our clock are stored as now.
 */
export function recordCallEnd (context: Context, end: CallEnd): Change<CallEndOutcome> {
  return (caller) => {
    if (hasOptedOut(caller)) return { caller, result: 'opted-out' }
    const stored = activeRecord(caller)
    const ids = end.needsCallStart === true ? { ...end.ids, callSid: null } : end.ids
    const known = stored === null ? undefined : findCall(stored, ids)
    if (stored === null || known === undefined) {
      if (isErased(caller, end.startedAt)) return { caller, result: 'erased' }
      if (end.needsCallStart === true) return { caller, result: 'no-ring' }
      const old = recordToChange(caller, context)
      const call = { ...ended(end, context), number: old.call_count + 1, started_at: startOf(end, context) }
      const record = withCall(old, call, context.now)
      return { caller: { ...caller, record }, result: 'added' }
    }
    if (!isInFull(known) || (known.ended_at !== null && (known.summary !== null || end.said.summary === null))) {
      return { caller: withIds(caller, stored, known, end.ids).caller, result: 'repeated' }
    }

    // What an earlier call end said does not stay, only what the call start and tools left.
    const { withheld: _, outcome: __, evaluation: ___, transcript: ____, ...rest } = known
    const endedCall: Call = {
      ...rest,
      ...ended(end, context),
      // Our clock may have been ahead at the call start.
      started_at: known.started_at > context.now ? startOf(end, context) : known.started_at,
      conversation_id: known.conversation_id ?? end.ids.conversationId,
      call_sid: known.call_sid ?? end.ids.callSid
    }
    const record = withCallChanged(stored, known.number, () => endedCall)
    const isStartSame = endedCall.started_at === known.started_at
    const times = isStartSame ? {} : withTimes(stored, record.calls, endedCall, context.now)
    return { caller: { ...caller, record: { ...record, ...times } }, result: 'closed' }
  }
}

/** The same record if the call is not kept in full. */
export function withCallChanged (
  record: CallerRecord, callNumber: number, change: (call: Call) => Call
): CallerRecord {
  const at = record.calls.findLastIndex(({ number }) => number === callNumber)
  return at === -1 ? record : { ...record, calls: record.calls.with(at, change(record.calls[at]!)) }
}

/** Also finds folded calls. The conversation id goes before the call SID. */
export function findCall (
  record: CallerRecord, { conversationId, callSid }: CallIds
): Call | FoldedCall | undefined {
  let found: Call | FoldedCall | undefined
  for (const calls of [record.calls, record.folded_calls]) {
    for (const call of calls) {
      if (conversationId !== null && call.conversation_id === conversationId) return call
      if (callSid !== null && call.call_sid === callSid) found ??= call
    }
  }
  return found
}

export function isLatest (record: CallerRecord, conversationId: string | null): boolean {
  return record.calls.at(-1)?.conversation_id === conversationId
}

export function isInFull (call: Call | FoldedCall): call is Call {
  return 'status' in call
}

/** How `told` names a call: by an id that stays the same when calls are numbered again, if it has one. */
export function toldCallId ({ number, conversation_id: conversationId, call_sid: callSid }: FoldedCall): string {
  return conversationId ?? callSid ?? `call-${number}`
}

const LAST_TURNS = 6

/** What was said last in a call, if it is stored, or waits to be learnt from; otherwise empty. */
export function lastTurns ({ jobs }: CallerRecord, { conversation_id: id, transcript }: Call): string {
  const waiting = id === null ? undefined : jobs?.find((job) => job.conversation_id === id)?.turns
  return (transcript ?? waiting ?? []).slice(-LAST_TURNS)
    .map(({ role, text }) => `${role === 'user' ? 'Caller' : 'Agent'}: ${text}`)
    .join(' ')
}

/**
 * The call before, if this one goes on with it: it broke off, or has no end, no longer ago than `minutes`. A call that
 * never began, because nobody answered, did not break off.
 */
export function brokenOffCall (
  record: CallerRecord, callNumber: number, now: string, minutes: number
): Call | null {
  const before = record.calls.findLast((call) => call.number < callNumber)
  if (before === undefined) return null
  const { ended_at: endedAt, started_at: startedAt, status, failure_reason: reason, duration_secs: secs } = before
  const isBroken = endedAt === null || ((status === 'failed' || reason !== null) && secs !== 0)
  const ageMs = Date.parse(now) - Date.parse(endedAt ?? startedAt)
  return isBroken && ageMs >= 0 && ageMs < minutes * 60_000 ? before : null
}

function isErased ({ erasedAt }: Caller, startedAt: string | null): boolean {
  return erasedAt !== null && (startedAt === null || startedAt <= erasedAt)
}

/** Adds ids that were missing, so that a third webhook with only those is recognised. */
function withIds (
  caller: Caller, record: CallerRecord, known: Call | FoldedCall, ids: CallIds
): { caller: Caller, record: CallerRecord } {
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
    ...end.said,
    conversation_id: end.ids.conversationId,
    call_sid: end.ids.callSid,
    ended_at: earlier(end.endedAt, now)
  }
}

function startOf ({ startedAt, endedAt }: CallEnd, { now }: Context): string {
  return earlier(startedAt ?? endedAt, now)
}

function withCall (record: CallerRecord, call: Call, now: string): CallerRecord {
  const { calls: all, first_seen: first, last_seen: last } = withTimes(record, [...record.calls, call], call, now)
  const { calls, folded_calls: folded } = keepNewest(all, record.folded_calls)
  const count = record.call_count + 1
  // V8 copies an object quickly if nothing but properties that it has already comes after the spread.
  return { ...record, calls, folded_calls: folded, first_seen: first, last_seen: last, call_count: count }
}

type Times = Pick<CallerRecord, 'calls' | 'first_seen' | 'last_seen'>

/** For `calls` with one new start. A `last_seen` after `now`, from a clock that was wrong, is computed again. */
function withTimes (record: CallerRecord, calls: Call[], { started_at: start }: Call, now: string): Times {
  const { first_seen: first, last_seen: last } = record
  const others = last === null || last > now ? calls.map((each) => each.started_at) : [last]
  return {
    calls: calls.toSorted((a, b) => compareTimes(a.started_at, b.started_at)),
    first_seen: earlier(first, start),
    last_seen: others.reduce((latest, time) => time > latest && time <= now ? time : latest, start)
  }
}

/** Folds all but the newest calls. Both lists are oldest first. */
export function keepNewest (calls: Call[], foldedCalls: FoldedCall[]): Pick<CallerRecord, 'calls' | 'folded_calls'> {
  if (calls.length <= MAX_CALLS) return { calls, folded_calls: foldedCalls }
  const folded = calls.slice(0, -MAX_CALLS).map((each) => ({
    number: each.number, conversation_id: each.conversation_id, call_sid: each.call_sid
  }))
  return { calls: calls.slice(-MAX_CALLS), folded_calls: [...foldedCalls, ...folded].slice(-MAX_FOLDED_CALLS) }
}
