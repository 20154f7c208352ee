import type { Fact } from '../../schemas/caller-record.ts'
import { FactNotPending } from '../errors.ts'
import type { Caller, Change } from './caller.ts'
import { countCurrent, findFact, isCurrentFact, withSuperseded, type FactResult } from './facts.ts'

/** The fact supersedes the one that it was to replace, if that is current. @throws {FactUnknown | FactNotPending} */
export function approveFact (factId: string, now: string): Change<FactResult> {
  return review(factId, now, ({ state, pending_reason: reason, ...fact }, facts) => facts.map((each) => {
    if (each.id === factId) return { ...fact, updated_at: now }
    return each.id === fact.replaces && isCurrentFact(each, now) ? supersededBy(each, factId, now) : each
  }))
}

/** The fact is kept, so that it is not learnt again. @throws {FactUnknown | FactNotPending} */
export function rejectFact (factId: string, now: string): Change<FactResult> {
  return review(factId, now, (fact, facts) => {
    const rejected: Fact = { ...fact, state: 'rejected', ended_at: now }
    return facts.map((each) => each.id === factId ? rejected : each)
  })
}

export function supersededBy (fact: Fact, factId: string, now: string): Fact {
  return { ...fact, superseded_by: factId, ended_at: now }
}

/** The fact, with all that it superseded and all that superseded it, oldest first. @throws {FactUnknown} */
export function factHistory (caller: Caller, factId: string): Fact[] {
  const { record: { facts }, fact } = findFact(caller, factId)
  const byId = new Map(facts.map((each) => [each.id, each]))
  let newest = fact
  for (let steps = 0; steps < facts.length && newest.superseded_by !== null; steps++) {
    newest = byId.get(newest.superseded_by) ?? newest
  }
  const ids = withSuperseded(facts, newest.id)
  return facts
    .filter(({ id }) => ids.has(id))
    .sort((a, b) => a.created_at < b.created_at ? -1 : a.created_at > b.created_at ? 1 : 0)
}

export function countPending (facts: Fact[]): number {
  return facts.filter(({ state }) => state === 'pending').length
}

function review (factId: string, now: string, change: (fact: Fact, facts: Fact[]) => Fact[]): Change<FactResult> {
  return (caller) => {
    const { record, fact: old } = findFact(caller, factId)
    if (old.state !== 'pending') throw new FactNotPending()
    const facts = change(old, record.facts)
    const fact = facts.find(({ id }) => id === factId) ?? old
    return {
      caller: { ...caller, record: { ...record, facts } },
      result: { fact, totalFacts: countCurrent(facts, now) }
    }
  }
}
