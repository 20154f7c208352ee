import { isDeepStrictEqual } from 'node:util'
import type { CallerRecord, Fact } from '../../schemas/caller-record.ts'
import type { FactPatch } from '../../schemas/memory.ts'
import { FactRepeated, FactsFull, FactSuperseded, FactUnknown } from '../errors.ts'
import { compareTimes } from '../time.ts'
import { activeRecord, recordToChange, type Caller, type Change, type Context } from './caller.ts'
import { withoutDeletedWords } from './told.ts'

/** In one record. Facts that have ended do not count. */
export const MAX_FACTS = 1000

/** Facts that have ended, in one record. Beyond it the oldest go, except those that a call kept in full was told. */
export const MAX_ENDED_FACTS = 300

/** From the operator. What is missing stays as it is; in a new fact it gets its default. */
export type FactFields = Partial<Pick<Fact, 'text' | Exclude<keyof FactPatch, 'fact'>>>

export interface FactResult {
  fact: Fact
  /** Current facts, this one included. */
  totalFacts: number
}

/** Not superseded, retired, rejected, expired, pending or about days that are over. */
export function isCurrentFact (fact: Fact, now: string): boolean {
  return fact.superseded_by === null && fact.state === undefined &&
    (fact.expires_at === null || fact.expires_at > now) &&
    (fact.valid_until === undefined || fact.valid_until > now)
}

/** History: superseded, retired or expired. What waits for approval and what was rejected is not. */
export function isEnded (fact: Fact, now: string): boolean {
  return !isCurrentFact(fact, now) && fact.state !== 'pending' && fact.state !== 'rejected'
}

/** An exact repeat is not added, but the rest of `input` counts. @throws {CallerOptedOut | FactsFull} */
export function addFact (
  context: Context & { factId: string }, input: FactFields & { text: string }
): Change<FactResult> {
  return (caller) => {
    const record = recordToChange(caller, context)
    const repeated = record.facts.find((fact) => fact.text === input.text && isCurrentFact(fact, context.now))
    if (repeated !== undefined) return withPatch(caller, record, repeated, input, context.now)
    refuseIfFull(record.facts, context.now)

    const fact = operatorFact(context.factId, input, context.now)
    return withResult(caller, { ...record, facts: [...record.facts, fact] }, fact, context.now)
  }
}

function operatorFact (id: string, fields: FactFields & { text: string }, now: string): Fact {
  return {
    id,
    source: 'operator',
    evidence: null,
    pinned: false,
    created_at: now,
    updated_at: now,
    expires_at: null,
    superseded_by: null,
    ...fields
  }
}

/** @param record - after the change */
export function withResult (
  caller: Caller, record: CallerRecord, fact: Fact, now: string
): { caller: Caller, result: FactResult } {
  return { caller: { ...caller, record }, result: { fact, totalFacts: countCurrent(record.facts, now) } }
}

export function withFact (facts: Fact[], changed: Fact): Fact[] {
  return facts.map((fact) => fact.id === changed.id ? changed : fact)
}

/**
 * Another text makes a revision: the operator's new fact supersedes the old one, and is told at once, even if the old
 * one was pending, retired or rejected. Everything else changes in place.
 *
 * @throws {FactUnknown} also for an unknown caller
 * @throws {FactSuperseded} the fact has a revision
 * @throws {FactRepeated} another current fact has the text
 * @throws {FactsFull} the old fact had ended, and there is no room for another one
 */
export function correctFact (
  factId: string, patch: FactFields, { newId, now }: Pick<Context, 'newId' | 'now'>
): Change<FactResult> {
  return (caller) => {
    const { record, fact: old } = findFact(caller, factId)
    if (old.superseded_by !== null) throw new FactSuperseded(newestRevision(record.facts, old).id)
    const { text } = patch
    if (text === undefined || text === old.text) return withPatch(caller, record, old, patch, now)
    if (record.facts.some((fact) => fact.text === text && isCurrentFact(fact, now))) throw new FactRepeated()
    if (isEnded(old, now)) refuseIfFull(record.facts, now)

    const { category, label } = old
    const corrected = record.facts.find((fact) => fact.id === old.replaces && isCurrentFact(fact, now))
    const pinned = patch.pinned ?? (old.pinned || corrected?.pinned === true)
    const revision: Fact = {
      ...operatorFact(newId, { expires_at: old.expires_at, ...patch, text, pinned }, now),
      ...(category === undefined ? {} : { category }),
      ...(label === undefined ? {} : { label })
    }
    const others = corrected === undefined ? record.facts : withFact(record.facts, superseded(corrected, newId, now))
    const facts = [...withFact(others, superseded(old, newId, now)), revision]
    return withResult(caller, withoutOldFacts({ ...record, facts }, now), revision, now)
  }
}

/**
 * The one way in which a fact's words change, whoever changes them: `revision` supersedes `former`. So an id always
 * means the same words. The pin moves along. A revision that is in `facts` already takes its place there.
 *
 * @param former - in `facts`; found by its id
 */
export function revise (facts: Fact[], former: Fact, revision: Fact, now: string): Fact[] {
  const pinned = { ...revision, pinned: former.pinned || revision.pinned }
  const revised = facts.map((fact) => fact.id === former.id ? superseded(fact, revision.id, now) : fact)
  return revised.some(({ id }) => id === revision.id) ? withFact(revised, pinned) : [...revised, pinned]
}

/** What was rejected stays rejected, so that it is not learnt again. */
function superseded ({ state, ...fact }: Fact, byId: string, now: string): Fact {
  return {
    ...fact,
    ...(state === 'rejected' ? { state } : {}),
    pinned: false,
    superseded_by: byId,
    ended_at: fact.ended_at ?? now
  }
}

/** The same fact if nothing superseded it. */
export function newestRevision (facts: Fact[], fact: Fact): Fact {
  const byId = new Map(facts.map((each) => [each.id, each]))
  let newest = fact
  for (let steps = 0; steps < facts.length && newest.superseded_by !== null; steps++) {
    newest = byId.get(newest.superseded_by) ?? newest
  }
  return newest
}

/** Without the ended facts beyond {@link MAX_ENDED_FACTS}. The same record if there are not so many. */
export function withoutOldFacts (record: CallerRecord, now: string): CallerRecord {
  const ended = record.facts.filter((fact) => isEnded(fact, now))
  if (ended.length <= MAX_ENDED_FACTS) return record
  const told = new Set(record.calls.flatMap((call) => call.told ?? []))
  const endOf = (fact: Fact) => fact.ended_at ?? fact.expires_at ?? fact.updated_at
  const surplus = ended.toSorted((a, b) => compareTimes(endOf(a), endOf(b))).slice(0, -MAX_ENDED_FACTS)
  const gone = new Map(surplus.filter(({ id }) => !told.has(id)).map((fact) => [fact.id, fact]))
  // What such a fact had superseded, and a call was told, is superseded by the next one.
  const relinked = (fact: Fact): Fact => {
    const next = fact.superseded_by === null ? undefined : gone.get(fact.superseded_by)
    return next === undefined ? fact : relinked({ ...fact, superseded_by: next.superseded_by })
  }
  return gone.size === 0
    ? record
    : { ...record, facts: record.facts.filter(({ id }) => !gone.has(id)).map(relinked) }
}

/** @throws {FactsFull} */
function refuseIfFull (facts: Fact[], now: string): void {
  if (facts.filter((fact) => !isEnded(fact, now)).length >= MAX_FACTS) throw new FactsFull(MAX_FACTS)
}

/**
 * Also deletes what the fact has superseded: a text that must go must not stay in the history, nor with a call. Returns
 * how many facts are current after it. @throws {FactUnknown}
 */
export function removeFact (factId: string, now: string): Change<number> {
  return (caller) => {
    const { record } = findFact(caller, factId)
    const gone = withSuperseded(record.facts, factId)
    const facts = record.facts.filter((fact) => !gone.has(fact.id))
    const deleted = withoutDeletedWords({ ...record, facts }, gone, now)
    return { caller: { ...caller, record: deleted }, result: countCurrent(facts, now) }
  }
}

/** The ids of a fact and of all that it has superseded, directly or not. */
export function withSuperseded (facts: Fact[], factId: string): Set<string> {
  const ids = new Set([factId])
  // Iterating a set also visits what is added on the way.
  for (const id of ids) for (const fact of facts) if (fact.superseded_by === id) ids.add(fact.id)
  return ids
}

/** Everything but the text. A learnt fact that the operator writes once more is the operator's. */
function withPatch (
  caller: Caller, record: CallerRecord, old: Fact, patch: FactFields, now: string
): { caller: Caller, result: FactResult } {
  const patched: Fact = { ...old, ...patch, ...(patch.text === undefined ? {} : { source: 'operator' }) }
  if (isDeepStrictEqual(patched, old)) return { caller, result: withResult(caller, record, old, now).result }
  const fact = { ...patched, updated_at: now }
  return withResult(caller, { ...record, facts: withFact(record.facts, fact) }, fact, now)
}

/** @throws {FactUnknown} also for an unknown caller */
export function findFact (caller: Caller, factId: string) {
  const record = activeRecord(caller)
  const fact = record?.facts.find((each) => each.id === factId)
  if (record === null || fact === undefined) throw new FactUnknown()
  return { record, fact }
}

export function countCurrent (facts: Fact[], now: string): number {
  return facts.filter((fact) => isCurrentFact(fact, now)).length
}
