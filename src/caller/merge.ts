/** Merges a caller stored under two hashes: a crash while records move to a keyed hash (PHONE_HASH_KEY) leaves both. */
import { isDeepStrictEqual } from 'node:util'
import type { Call, CallerRecord, Fact, FoldedCall, StoredCaller } from '../../schemas/caller-record.ts'
import { compareTimes, earlier, later } from '../time.ts'
import { callerFrom, type Caller } from './caller.ts'
import { findCall, isInFull, keepNewest, MAX_FOLDED_CALLS } from './calls.ts'
import { newestRevision, revise, withSuperseded } from './facts.ts'
import { nameId, nameRevisions } from './names.ts'
import { isOpen } from './open-items.ts'
import { isLearnt, withLearntFields, type LearntProfile } from './profile.ts'
import { MAX_FORGET_WISHES } from './tool-calls.ts'

/**
 * Merging the same former caller again changes nothing, and returns the same `current`.
 *
 * An opt-out on either side wins. The later erasure counts for both: a record older than it is dropped. Records with
 * the same session id are one history that was split; others are two histories, and their calls add up. Facts and notes
 * are dropped only if the record of the other side says that they were deleted: if the result is over a limit, nothing
 * can be added until some are deleted. Of the revisions of a fact, on whichever side, the last one stays current.
 */
export function mergeCallers (former: Caller, current: Caller, phoneHash: string): Caller {
  const erasedAt = later(former.erasedAt, current.erasedAt)
  const formerRecord = callerFrom(former.record, erasedAt).record
  const record = mergeStored(formerRecord, callerFrom(current.record, erasedAt).record, phoneHash)
  const merged = { record, erasedAt }
  return isDeepStrictEqual(merged, current) ? current : merged
}

function mergeStored (
  former: StoredCaller | null, current: StoredCaller | null, phoneHash: string
): StoredCaller | null {
  if (former?.remember === false || current?.remember === false) return { phone_hash: phoneHash, remember: false }
  if (former === null) return current
  return current === null ? { ...former, phone_hash: phoneHash } : mergeRecords(former, current)
}

/** The former session id stays: OpenClaw knows the caller by it, and it marks the two as one history from now on. */
function mergeRecords (former: CallerRecord, current: CallerRecord): CallerRecord {
  const history = mergeHistory(former, current)
  const united = mergeFacts(former.facts, current.facts)
  const deleted = new Set(history.deleted?.flatMap(({ id }) => [...withSuperseded(united, id)]))
  const isKept = ({ id }: { id: string }) => !deleted.has(id)
  return {
    ...mergeProfiles(former, current),
    session_id: former.session_id,
    ...history,
    created_at: earlier(former.created_at, current.created_at),
    first_seen: earlier(former.first_seen, current.first_seen),
    last_seen: later(former.last_seen, current.last_seen),
    facts: united.filter(isKept),
    notes: unite(former.notes, current.notes, (_, note) => note).filter(isKept),
    ...mergeItemsAndJobs(former, current),
    ...mergeWishes(former, current),
    ...mergeCalls(former, current)
  }
}

/** The current record with the better name and language: what the operator set wins over what was learnt. */
function mergeProfiles (former: CallerRecord, current: CallerRecord): CallerRecord {
  const isFormerBetter = (field: keyof LearntProfile) =>
    current[field] === null || (isLearnt(current, field) && former[field] !== null && !isLearnt(former, field))
  const better = (field: keyof LearntProfile) => isFormerBetter(field) ? former : current
  const profile = { caller_name: better('caller_name').caller_name, language: better('language').language }
  return withLearntFields({ ...current, ...profile }, (field) => isLearnt(better(field), field))
}

/** Earlier names, and what was deleted. */
function mergeHistory (former: CallerRecord, current: CallerRecord): Partial<CallerRecord> {
  const id = nameId(mergeProfiles(former, current).caller_name === current.caller_name ? current : former)
  const all = unite(nameRevisions(former), nameRevisions(current), (_, name) => name)
  const now = all.find((name) => name.id === id)
  const end = now?.created_at ?? later(former.created_at, current.created_at)
  const names = [
    ...all.filter((name) => name !== now).map((name) => name.ended_at === null ? { ...name, ended_at: end } : name),
    ...(now === undefined ? [] : [now])
  ]
  const known = new Set(current.deleted?.map((each) => each.id))
  const deleted = [...former.deleted?.filter((each) => !known.has(each.id)) ?? [], ...current.deleted ?? []]
  return {
    ...(former.names === undefined && current.names === undefined && names.length < 2 ? {} : { names }),
    ...(deleted.length === 0 ? {} : { deleted })
  }
}

/** A job that is done in `current` is not done again. */
function mergeItemsAndJobs (former: CallerRecord, current: CallerRecord): Partial<CallerRecord> {
  const items = unite(former.open_items ?? [], current.open_items ?? [], (there, here) => isOpen(here) ? there : here)
  const hasJob = (id: string) => current.jobs?.some((job) => job.conversation_id === id) === true
  const wasLearntFrom = (id: string) =>
    current.calls.some((call) => call.conversation_id === id && call.learnt_at != null)
  const added = former.jobs?.filter(({ conversation_id: id }) => !hasJob(id) && !wasLearntFrom(id)) ?? []
  const jobs = [...added, ...current.jobs ?? []]
  return {
    ...(items.length === 0 ? {} : { open_items: items }),
    ...(jobs.length === 0 ? {} : { jobs: jobs.sort((a, b) => compareTimes(a.created_at, b.created_at)) })
  }
}

function mergeWishes (former: CallerRecord, current: CallerRecord): Pick<CallerRecord, 'forget_wishes'> {
  const known = current.forget_wishes ?? []
  const added = former.forget_wishes?.filter((wish) => !known.some((each) => isDeepStrictEqual(each, wish))) ?? []
  if (added.length === 0) return {}
  return { forget_wishes: [...added, ...known].sort((a, b) => compareTimes(a.at, b.at)).slice(-MAX_FORGET_WISHES) }
}

/** By id, oldest first. The order of `current` stays when `former` adds nothing. */
function unite<T extends { id: string, created_at: string }> (
  former: T[], current: T[], choose: (former: T, current: T) => T
): T[] {
  const more = new Map(former.map((item) => [item.id, item]))
  const known = current.map((item) => {
    const other = more.get(item.id)
    more.delete(item.id)
    return other === undefined ? item : choose(other, item)
  })
  return more.size === 0 ? known : [...known, ...more.values()].sort((a, b) => compareTimes(a.created_at, b.created_at))
}

function mergeFacts (former: Fact[], current: Fact[]): Fact[] {
  const here = new Map(current.map((fact) => [fact.id, fact]))
  return former.reduce((facts, fact) => {
    const other = here.get(fact.id)
    return other === undefined ? facts : withOneEnd(facts, fact, other)
  }, unite(former, current, laterVersion))
}

/** A step that one side has taken is not taken back by the other: approved or rejected, then superseded. */
function laterVersion (former: Fact, current: Fact): Fact {
  const stepsOf = ({ superseded_by: next, state }: Fact) =>
    next !== null ? 3 : state === 'pending' ? 0 : state === 'rejected' ? 1 : 2
  const changedAt = ({ updated_at: updated, ended_at: ended }: Fact) => later(updated, ended ?? updated)
  const steps = stepsOf(former) - stepsOf(current)
  return steps > 0 || (steps === 0 && changedAt(former) > changedAt(current)) ? former : current
}

/** If both sides have revised a fact, the newer of the last revisions supersedes the other. */
function withOneEnd (facts: Fact[], former: Fact, current: Fact): Fact[] {
  if (former.superseded_by === null || current.superseded_by === null) return facts
  const [there, here] = [newestRevision(facts, former), newestRevision(facts, current)]
  if (there.id === here.id || there.superseded_by !== null || here.superseded_by !== null) return facts
  const isThereBetter = there.state === here.state ? there.created_at > here.created_at : there.state === undefined
  const [older, newer] = isThereBetter ? [here, there] : [there, here]
  return revise(facts, older, newer, newer.created_at)
}

type Calls = Pick<CallerRecord, 'calls' | 'folded_calls'>

function mergeCalls (former: CallerRecord, current: CallerRecord): Calls & Pick<CallerRecord, 'call_count'> {
  const isOneHistory = former.session_id === current.session_id
  const formerCalls = [...former.folded_calls, ...former.calls].map((call) =>
    ({ call, same: findCall(current, idsOf(call)) }))
  // If both records are one history, a former call that matches nothing counts as already counted: it never had ids,
  // or they have aged out.
  const oldest = current.folded_calls.length < MAX_FOLDED_CALLS
    ? 0
    : Math.min(...current.folded_calls.map(({ number }) => number))
  const wasCounted = (call: Call | FoldedCall) => !isInFull(call) || !hasId(call) || call.number < oldest
  const added = formerCalls.filter(({ call, same }) => same === undefined && !(isOneHistory && wasCounted(call)))
  const matched = formerCalls.filter(({ same }) => same !== undefined)
  const withMatches = (call: Call | FoldedCall) => matched
    .filter(({ same }) => same === call)
    .reduce((joined, { call: other }) => join(other, joined, isOneHistory), call)

  const calls = [
    ...added.map(({ call }) => call),
    ...[...current.folded_calls, ...current.calls].map(withMatches)
  ]
  const kept = keepNewest(
    calls.filter(isInFull).sort((a, b) => compareTimes(a.started_at, b.started_at)),
    calls.filter((call) => !isInFull(call))
  )
  const count = isOneHistory
    ? Math.max(former.call_count, current.call_count + added.length)
    : former.call_count + current.call_count - matched.length
  return added.length === 0 ? { ...kept, call_count: count } : { ...numbered(kept, count), call_count: count }
}

/** In one history, a folded call stays folded, because its position is settled. */
function join (former: Call | FoldedCall, current: Call | FoldedCall, isOneHistory: boolean): Call | FoldedCall {
  const isFormerBetter = completeness(former) > completeness(current) && (isInFull(current) || !isOneHistory)
  return {
    ...(isFormerBetter ? former : current),
    number: current.number,
    conversation_id: current.conversation_id ?? former.conversation_id,
    call_sid: current.call_sid ?? former.call_sid
  }
}

function completeness (call: Call | FoldedCall): number {
  if (!isInFull(call)) return 0
  if (call.ended_at === null) return 1
  return call.summary === null ? 2 : 3
}

/** Numbers the calls again: the newest gets `count`. */
function numbered ({ calls, folded_calls: folded }: Calls, count: number): Calls {
  const firstFolded = count - calls.length - folded.length + 1
  const renumber = <T extends FoldedCall>(list: T[], first: number): T[] =>
    list.map((call, n) => ({ ...call, number: first + n }))
  return { calls: renumber(calls, firstFolded + folded.length), folded_calls: renumber(folded, firstFolded) }
}

function idsOf (call: FoldedCall) {
  return { conversationId: call.conversation_id, callSid: call.call_sid }
}

function hasId (call: FoldedCall): boolean {
  return call.conversation_id !== null || call.call_sid !== null
}
