/** Lasting sentences about a caller: adding, correcting and deleting them. */
import { isDeepStrictEqual } from 'node:util'
import type { CallerRecord, Fact } from '../../schemas/caller-record.ts'
import { FactRepeated, FactsFull, FactUnknown } from '../errors.ts'
import { activeRecord, recordToChange, type Caller, type Change, type Context } from './caller.ts'

/** Facts in one record; a write beyond it is refused. */
export const MAX_FACTS = 1000

/** What the operator says about a fact; what is undefined stays as it is, or at its default. */
export interface FactPatch {
  /** Trimmed, 1 to 1000 characters. */
  text?: string | undefined
  /** Default: false. */
  pinned?: boolean | undefined
  /** ISO 8601, or null for a fact that stays, which is the default. */
  expiresAt?: string | null | undefined
}

export interface FactResult {
  fact: Fact
  /** Facts that hold now, this one among them. */
  totalFacts: number
}

/** Whether a fact holds: not superseded, retired or expired, and not one that the operator has yet to approve. */
export function isCurrentFact (fact: Fact, now: string): boolean {
  return fact.superseded_by === null && fact.state === undefined && (fact.expires_at === null || fact.expires_at > now)
}

/**
 * Adds a fact at the end. An exact repeat of one that holds is stored once; what it says beside the text counts.
 *
 * @throws {CallerOptedOut}
 * @throws {FactsFull} beyond {@link MAX_FACTS}
 */
export function addFact (context: Context & { factId: string }, input: FactPatch & { text: string }): Change<FactResult> {
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

/**
 * Corrects a fact in place.
 *
 * @throws {FactUnknown} also for a caller who is not known
 * @throws {FactRepeated} another fact has the new text already
 */
export function correctFact (factId: string, patch: FactPatch, now: string): Change<FactResult> {
  return (caller) => {
    const { record, fact: old } = findFact(caller, factId)
    if (patch.text !== undefined && record.facts.some((fact) => fact.id !== factId && fact.text === patch.text && isCurrentFact(fact, now))) {
      throw new FactRepeated()
    }
    return withPatch(caller, record, old, patch, now)
  }
}

/**
 * Deletes one fact, and what it has superseded: a text that has to go must not stay in its history. The result is how many
 * hold after it.
 *
 * @throws {FactUnknown} also for a caller who is not known
 */
export function removeFact (factId: string, now: string): Change<number> {
  return (caller) => {
    const { record } = findFact(caller, factId)
    const gone = withFormer(record.facts, factId)
    const facts = record.facts.filter((fact) => !gone.has(fact.id))
    return { caller: { ...caller, record: { ...record, facts } }, result: countCurrent(facts, now) }
  }
}

/** The ids of a fact and of all that it has superseded, one through another. */
export function withFormer (facts: Fact[], factId: string): Set<string> {
  const ids = new Set([factId])
  // A set that grows while it is walked is walked to its end.
  for (const id of ids) for (const fact of facts) if (fact.superseded_by === id) ids.add(fact.id)
  return ids
}

/** What the operator says is the operator's from then on, also when it was learnt. */
function withPatch (caller: Caller, record: CallerRecord, old: Fact, patch: FactPatch, now: string): { caller: Caller, result: FactResult } {
  const patched: Fact = {
    ...old,
    text: patch.text ?? old.text,
    source: patch.text === undefined ? old.source : 'operator',
    pinned: patch.pinned ?? old.pinned,
    expires_at: patch.expiresAt === undefined ? old.expires_at : patch.expiresAt
  }
  if (isDeepStrictEqual(patched, old)) return { caller, result: { fact: old, totalFacts: countCurrent(record.facts, now) } }

  const fact = { ...patched, updated_at: now }
  const facts = record.facts.map((each) => each.id === old.id ? fact : each)
  return {
    caller: { ...caller, record: { ...record, facts } },
    result: { fact, totalFacts: countCurrent(facts, now) }
  }
}

/** @throws {FactUnknown} */
export function findFact (caller: Caller, factId: string) {
  const record = activeRecord(caller)
  const fact = record?.facts.find((each) => each.id === factId)
  if (record === null || fact === undefined) throw new FactUnknown()
  return { record, fact }
}

/** How many facts hold. */
export function countCurrent (facts: Fact[], now: string): number {
  return facts.filter((fact) => isCurrentFact(fact, now)).length
}
