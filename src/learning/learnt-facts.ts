/** Adds what was learnt to a caller's facts: without repeats, with history, and without overruling the operator. */
import type { Fact, PendingReason } from '../../schemas/caller-record.ts'
import { isCurrentFact, isEnded, MAX_FACTS, revise } from '../caller/facts.ts'
import { normalized, sameNormalized, type NormalizedText } from './same-fact.ts'

/** Learnt facts in one record, without ended ones. The rest of {@link MAX_FACTS} is always free for the operator's. */
export const MAX_LEARNT_FACTS = 800

export interface Learnt {
  id: string
  /** One line, masked. */
  text: string
  source: 'call' | 'collected' | 'tool'
  evidence: string | null
  conversationId: string | null
  /** ISO 8601. */
  learntAt: string
  /** ISO 8601, not after `learntAt`. */
  saidAt: string
  /** Whether it may be told without approval. */
  isSure: boolean
  /** Why not. */
  doubt?: PendingReason
  category?: string
  confidence?: number
  /** The data collection identifier. A caller has one current fact per identifier. */
  label?: string
  noted_by?: 'form'
  valid_from?: string
  valid_until?: string
  said_as?: string
}

/** What became of a learnt sentence. */
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

export function addLearnt (facts: Fact[], learnt: Learnt): Changed {
  const alike = factSaying(facts, learnt)
  if (alike !== undefined) return repeat(facts, alike, learnt)
  const former = learnt.label === undefined
    ? undefined
    : facts.find((fact) => fact.label === learnt.label && isCurrentFact(fact, learnt.learntAt))
  if (former !== undefined) return supersede(facts, former, learnt)
  return withLearnt(facts, factFrom(learnt), learnt.isSure ? 'added' : 'pending', learnt.learntAt)
}

/** @param former - a current fact in `facts` */
export function replaceFact (facts: Fact[], former: Fact, learnt: Learnt): Changed {
  const alike = factSaying(facts, learnt)
  if (alike === undefined) return supersede(facts, former, learnt)
  if (former.created_at > learnt.saidAt) return { facts, outcome: 'outdated' }
  if (alike.id === former.id || alike.state !== undefined || isProtected(former) || !learnt.isSure) {
    return repeat(facts, alike, learnt)
  }
  return {
    facts: revise(facts, former, alike, learnt.learntAt),
    outcome: 'superseded'
  }
}

/** Null when the operator wrote or pinned the fact: then it stays. */
export function retireFact (facts: Fact[], former: Fact, now: string): Fact[] | null {
  if (isProtected(former)) return null
  return facts.map((fact) => fact.id === former.id ? { ...fact, state: 'retired' as const, ended_at: now } : fact)
}

function supersede (facts: Fact[], former: Fact, learnt: Learnt): Changed {
  if (former.created_at > learnt.saidAt) return { facts, outcome: 'outdated' }
  if (!learnt.isSure || isProtected(former)) {
    const doubt = learnt.doubt ?? (isProtected(former) ? 'yours' : 'unsupported')
    const pending = { ...factFrom({ ...learnt, isSure: false, doubt }), replaces: former.id }
    return withLearnt(facts, pending, 'pending', learnt.learntAt)
  }
  const fact = factFrom(learnt)
  return withLearnt(facts, fact, 'superseded', learnt.learntAt, revise(facts, former, fact, learnt.learntAt))
}

function repeat (facts: Fact[], alike: Fact, { isSure, evidence, conversationId, learntAt }: Learnt): Changed {
  if (alike.state === 'rejected') return { facts, outcome: 'refused' }
  if (alike.state === 'pending' && isSure && alike.replaces === undefined && !isProtected(alike)) {
    const { state, pending_reason: reason, ...approved } = alike
    const sure = { ...approved, evidence, conversation_id: conversationId, updated_at: learntAt }
    return { facts: facts.map((fact) => fact.id === alike.id ? sure : fact), outcome: 'added' }
  }
  if (isProtected(alike) || alike.updated_at >= learntAt) return { facts, outcome: 'repeated' }
  const repeated = { ...alike, updated_at: learntAt, confirmed: (alike.confirmed ?? 0) + 1 }
  return { facts: facts.map((fact) => fact.id === alike.id ? repeated : fact), outcome: 'repeated' }
}

function factSaying (facts: Fact[], { text, learntAt }: Learnt): Fact | undefined {
  const said = normalized(text)
  return facts.find((fact) =>
    (isCurrentFact(fact, learntAt) || fact.state === 'pending' || fact.state === 'rejected') &&
    sameNormalized(normalizedText(fact), said))
}

/** A cache: a call brings several sentences, and each is compared with all facts. */
const normalizedTexts = new WeakMap<Fact, NormalizedText>()

export function normalizedText (fact: Fact): NormalizedText {
  const text = normalizedTexts.get(fact) ?? normalized(fact.text)
  normalizedTexts.set(fact, text)
  return text
}

function isProtected (fact: Fact): boolean {
  return fact.source === 'operator' || fact.pinned
}

function factFrom (
  { id, text, source, evidence, conversationId, learntAt, saidAt, isSure, doubt, ...about }: Learnt
): Fact {
  return {
    id,
    text,
    source,
    evidence,
    pinned: false,
    created_at: saidAt,
    updated_at: learntAt,
    expires_at: null,
    superseded_by: null,
    conversation_id: conversationId,
    ...about,
    ...(isSure ? {} : { state: 'pending' as const, pending_reason: doubt ?? 'unsupported' })
  }
}

/**
 * At the limit, it evicts one in this order: rejected, pending, current; the oldest first; never the operator's or a
 * pinned one. Two merged records may be over the limit: that surplus stays.
 *
 * @param after - with the fact
 */
function withLearnt (
  before: Fact[], fact: Fact, outcome: LearntOutcome, now: string, after: Fact[] = [...before, fact]
): Changed {
  const counted = after.filter((each) => !isEnded(each, now))
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
