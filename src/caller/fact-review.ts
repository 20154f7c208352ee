import type { Fact } from '../../schemas/caller-record.ts'
import { FactNotPending } from '../errors.ts'
import { compareTimes } from '../time.ts'
import type { Caller, Change } from './caller.ts'
import {
  findFact, isCurrentFact, newestRevision, revise, withFact, withoutOldFacts, withResult, withSuperseded,
  type FactResult
} from './facts.ts'

/** The fact supersedes the one that it was to replace, if that is current. @throws {FactUnknown | FactNotPending} */
export function approveFact (factId: string, now: string): Change<FactResult> {
  return review(factId, now, ({ state, pending_reason: reason, ...fact }, facts) => {
    const approved: Fact = { ...fact, updated_at: now }
    const former = facts.find((each) => each.id === fact.replaces && isCurrentFact(each, now))
    return former === undefined
      ? withFact(facts, approved)
      : revise(facts, former, approved, now)
  })
}

/** The fact is kept, so that it is not learnt again. @throws {FactUnknown | FactNotPending} */
export function rejectFact (factId: string, now: string): Change<FactResult> {
  return review(factId, now, (fact, facts) => withFact(facts, { ...fact, state: 'rejected', ended_at: now }))
}

/** The fact, with all that it superseded and all that superseded it, oldest first. @throws {FactUnknown} */
export function factHistory (caller: Caller, factId: string): Fact[] {
  const { record: { facts }, fact } = findFact(caller, factId)
  const newest = newestRevision(facts, fact)
  const ids = withSuperseded(facts, newest.id)
  return facts.filter(({ id }) => ids.has(id)).sort((a, b) => compareTimes(a.created_at, b.created_at))
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
    return withResult(caller, withoutOldFacts({ ...record, facts }, now), fact, now)
  }
}
