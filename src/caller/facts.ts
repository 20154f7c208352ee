import { isDeepStrictEqual } from 'node:util'
import type { CallerRecord, Fact } from '../../schemas/caller-record.ts'
import { FactRepeated, FactsFull, FactUnknown } from '../errors.ts'
import { activeRecord, recordToChange, type Caller, type Change, type Context } from './caller.ts'

/** In one record, history included. */
export const MAX_FACTS = 1000

/** From the operator. What is undefined stays as it is; in a new fact it gets its default. */
export interface FactFields {
  /** Trimmed, 1 to 1000 characters. */
  text?: string | undefined
  /** Default: false. */
  pinned?: boolean | undefined
  /** ISO 8601. Null, the default, means never. */
  expiresAt?: string | null | undefined
}

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

/** An exact repeat is not added, but the rest of `input` counts. @throws {CallerOptedOut | FactsFull} */
export function addFact (
  context: Context & { factId: string }, input: FactFields & { text: string }
): Change<FactResult> {
  return (caller) => {
    const record = recordToChange(caller, context)
    const repeated = record.facts.find((fact) => fact.text === input.text && isCurrentFact(fact, context.now))
    if (repeated !== undefined) return withPatch(caller, record, repeated, input, context.now)
    if (record.facts.length >= MAX_FACTS) throw new FactsFull(MAX_FACTS)

    const fact: Fact = {
      id: context.factId,
      text: input.text,
      source: 'operator',
      evidence: null,
      pinned: input.pinned ?? false,
      created_at: context.now,
      updated_at: context.now,
      expires_at: input.expiresAt ?? null,
      superseded_by: null
    }
    const facts = [...record.facts, fact]
    return {
      caller: { ...caller, record: { ...record, facts } },
      result: { fact, totalFacts: countCurrent(facts, context.now) }
    }
  }
}

/** @throws {FactUnknown} also for an unknown caller. @throws {FactRepeated} another current fact has the text */
export function correctFact (factId: string, patch: FactFields, now: string): Change<FactResult> {
  return (caller) => {
    const { record, fact: old } = findFact(caller, factId)
    const isRepeat = (fact: Fact) => fact.id !== factId && fact.text === patch.text && isCurrentFact(fact, now)
    if (patch.text !== undefined && record.facts.some(isRepeat)) throw new FactRepeated()
    return withPatch(caller, record, old, patch, now)
  }
}

/**
 * Also deletes what the fact has superseded: a text that must go must not stay in the history. Returns how many facts
 * are current after it. @throws {FactUnknown}
 */
export function removeFact (factId: string, now: string): Change<number> {
  return (caller) => {
    const { record } = findFact(caller, factId)
    const gone = withSuperseded(record.facts, factId)
    const facts = record.facts.filter((fact) => !gone.has(fact.id))
    return { caller: { ...caller, record: { ...record, facts } }, result: countCurrent(facts, now) }
  }
}

/** The ids of a fact and of all that it has superseded, directly or not. */
export function withSuperseded (facts: Fact[], factId: string): Set<string> {
  const ids = new Set([factId])
  // Iterating a set also visits what is added on the way.
  for (const id of ids) for (const fact of facts) if (fact.superseded_by === id) ids.add(fact.id)
  return ids
}

/** A learnt fact with a text from the operator is the operator's. */
function withPatch (
  caller: Caller, record: CallerRecord, old: Fact, patch: FactFields, now: string
): { caller: Caller, result: FactResult } {
  const patched: Fact = {
    ...old,
    text: patch.text ?? old.text,
    source: patch.text === undefined ? old.source : 'operator',
    pinned: patch.pinned ?? old.pinned,
    expires_at: patch.expiresAt === undefined ? old.expires_at : patch.expiresAt
  }
  if (isDeepStrictEqual(patched, old)) {
    return { caller, result: { fact: old, totalFacts: countCurrent(record.facts, now) } }
  }

  const fact = { ...patched, updated_at: now }
  const facts = record.facts.map((each) => each.id === old.id ? fact : each)
  return {
    caller: { ...caller, record: { ...record, facts } },
    result: { fact, totalFacts: countCurrent(facts, now) }
  }
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
