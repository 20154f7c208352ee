/** Adds what was learnt to a caller's facts: without repeats, with history, and without overruling the operator. */
import type { Fact, PendingReason } from '../../schemas/caller-record.ts'
import { workedOutOnce } from '../caller/caller.ts'
import { isCurrentFact, isEnded, MAX_FACTS, revise, withFact } from '../caller/facts.ts'
import { normalized, sameNormalized } from './same-fact.ts'

/** Learnt facts in one record, without ended ones. The rest of {@link MAX_FACTS} is always free for the operator's. */
export const MAX_LEARNT_FACTS = 800

/** What all facts begin with. */
export const NEW_FACT = { pinned: false, expires_at: null, superseded_by: null }

/** As it is; with a doubt it waits for the operator, unless it waits already. */
export function doubted (fact: Fact, doubt: PendingReason | null): Fact {
  return doubt === null || fact.state !== undefined ? fact : { ...fact, state: 'pending', pending_reason: doubt }
}

/** What became of a learnt fact. */
export type LearntOutcome =
  | 'added' // it is told from now on
  | 'superseded' // it is told from now on instead of another fact, which stays as history
  | 'pending' // it waits for approval: it is not sure, or would replace a fact that the operator wrote or pinned
  | 'repeated' // a fact says so already
  | 'outdated' // a fact that was said later contradicts it
  | 'refused' // the operator has rejected it before
  | 'no-room' // the limit of facts is reached, and all others are worth more

export interface Changed {
  facts: Fact[]
  outcome: LearntOutcome
}

/** @param learnt - created when it was said, changed when it was learnt; pending if it may not be told as it is */
export function addLearnt (facts: Fact[], learnt: Fact): Changed {
  const alike = factSaying(facts, learnt)
  if (alike !== undefined) return repeat(facts, alike, learnt)
  // A caller has one current fact per identifier of data collection.
  const former = learnt.label === undefined
    ? undefined
    : facts.find((fact) => fact.label === learnt.label && isCurrentFact(fact, learnt.updated_at))
  if (former !== undefined) return supersede(facts, former, learnt)
  return withLearnt(facts, learnt, learnt.state === 'pending' ? 'pending' : 'added')
}

/** @param former - a current fact in `facts` */
export function replaceFact (facts: Fact[], former: Fact, learnt: Fact): Changed {
  const alike = factSaying(facts, learnt)
  if (alike === undefined) return supersede(facts, former, learnt)
  if (former.created_at > learnt.created_at) return { facts, outcome: 'outdated' }
  if (alike.id === former.id || alike.state !== undefined || isProtected(former) || learnt.state === 'pending') {
    return repeat(facts, alike, learnt)
  }
  return { facts: revise(facts, former, alike, learnt.updated_at), outcome: 'superseded' }
}

/** Null when the operator wrote or pinned the fact: then it stays. */
export function retireFact (facts: Fact[], former: Fact, now: string): Fact[] | null {
  if (isProtected(former)) return null
  return withFact(facts, { ...former, state: 'retired', ended_at: now })
}

function supersede (facts: Fact[], former: Fact, learnt: Fact): Changed {
  if (former.created_at > learnt.created_at) return { facts, outcome: 'outdated' }
  const fact = doubted(learnt, isProtected(former) ? 'yours' : null)
  if (fact.state === 'pending') return withLearnt(facts, { ...fact, replaces: former.id }, 'pending')
  return withLearnt(facts, fact, 'superseded', revise(facts, former, fact, fact.updated_at))
}

function repeat (facts: Fact[], alike: Fact, learnt: Fact): Changed {
  if (alike.state === 'rejected') return { facts, outcome: 'refused' }
  const { evidence, conversation_id: conversationId = null, updated_at: learntAt } = learnt
  if (alike.state === 'pending' && learnt.state === undefined && alike.replaces === undefined && !isProtected(alike)) {
    const { state, pending_reason: reason, ...approved } = alike
    const sure = { ...approved, evidence, conversation_id: conversationId, updated_at: learntAt }
    return { facts: withFact(facts, sure), outcome: 'added' }
  }
  if (isProtected(alike) || alike.updated_at >= learntAt) return { facts, outcome: 'repeated' }
  const repeated = { ...alike, updated_at: learntAt, confirmed: (alike.confirmed ?? 0) + 1 }
  return { facts: withFact(facts, repeated), outcome: 'repeated' }
}

function factSaying (facts: Fact[], learnt: Fact): Fact | undefined {
  const saysIt = saysTheSameAs(learnt)
  return facts.find((fact) =>
    (isCurrentFact(fact, learnt.updated_at) || fact.state === 'pending' || fact.state === 'rejected') && saysIt(fact))
}

export function saysTheSameAs (learnt: Fact): (fact: Fact) => boolean {
  const said = normalizedText(learnt)
  return (fact) => sameNormalized(normalizedText(fact), said)
}

/** A call brings several sentences, and each is compared with all facts. */
export const normalizedText = workedOutOnce(({ text }: Fact) => normalized(text))

/** The operator wrote or pinned it: nothing that callers say changes it. */
export function isProtected (fact: Fact): boolean {
  return fact.source === 'operator' || fact.pinned
}

/**
 * At the limit, it evicts one in this order: rejected, pending, current; the oldest first; never the operator's or a
 * pinned one. Two merged records may be over the limit: that surplus stays.
 *
 * @param after - with the fact
 */
function withLearnt (
  before: Fact[], fact: Fact, outcome: LearntOutcome, after: Fact[] = [...before, fact]
): Changed {
  const counted = after.filter((each) => !isEnded(each, fact.updated_at))
  const learnt = counted.filter((each) => !isProtected(each))
  const room = Math.min(MAX_LEARNT_FACTS, MAX_FACTS - (counted.length - learnt.length))
  if (learnt.length <= room) return { facts: after, outcome }
  const rank = (each: Fact) => `${worth(each)} ${each.updated_at}`
  const evicted = learnt.reduce((lowest, each) => rank(each) < rank(lowest) ? each : lowest)
  if (evicted.id === fact.id) return { facts: before, outcome: 'no-room' }
  return { facts: after.filter((each) => each !== evicted), outcome }
}

function worth ({ state }: Fact): number {
  return state === 'rejected' ? 1 : state === 'pending' ? 2 : 3
}
