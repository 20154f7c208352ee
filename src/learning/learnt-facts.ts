/** What learning does to a caller's facts: nothing is doubled, what is outdated stays as history, and the operator's word stands. */
import type { Fact } from '../../schemas/caller-record.ts'
import { supersededBy } from '../caller/fact-review.ts'
import { isCurrentFact, MAX_FACTS } from '../caller/facts.ts'
import { normalized, sameNormalized, type NormalizedText } from './same-fact.ts'

/** Learnt facts in one record, history included: so that there is always room for 200 of the operator's. */
export const MAX_LEARNT_FACTS = 800

/** A sentence about a caller that came out of a call. */
export interface Learnt {
  /** The id that it gets when it becomes a fact. */
  id: string
  /** As it may be stored and told: one line, masked. */
  text: string
  source: 'call' | 'collected'
  evidence: string | null
  conversationId: string | null
  /** When it was said, ISO 8601: not after `now`. */
  saidAt: string
  category?: string
  confidence?: number
  /** The identifier under which it was collected: a caller has one current fact of each. */
  label?: string
}

/**
 * What became of it:
 *
 * - `added`, `superseded`: it is told from now on; in the place of another fact, which stays as history
 * - `pending`: it waits for the operator, because it is not sure, or would take the place of what the operator said or pinned
 * - `repeated`: a fact says so already
 * - `outdated`: a fact that was said later says otherwise
 * - `refused`: the operator has rejected it before
 * - `no-room`: there are as many facts as may be, and all others are worth more
 */
export type LearntOutcome = 'added' | 'superseded' | 'pending' | 'repeated' | 'outdated' | 'refused' | 'no-room'

export interface Circumstances {
  /** ISO 8601. */
  now: string
  /** Whether it may be told without the operator's word. */
  isSure: boolean
}

interface Changed {
  facts: Fact[]
  outcome: LearntOutcome
}

/** Adds what was learnt, unless a fact says so already. */
export function addLearnt (facts: Fact[], learnt: Learnt, { now, isSure }: Circumstances): Changed {
  const alike = factSaying(facts, learnt.text, now)
  if (alike !== undefined) return repeat(facts, alike, learnt, { now, isSure })
  const former = learnt.label === undefined ? undefined : facts.find((fact) => fact.label === learnt.label && isCurrentFact(fact, now))
  if (former !== undefined) return supersede(facts, former, learnt, { now, isSure })
  return withLearnt(facts, factFrom(learnt, now, isSure), isSure ? 'added' : 'pending')
}

/**
 * Lets what was learnt take the place of a fact that holds. The caller of this function makes sure that there is one with
 * this id.
 */
export function replaceFact (facts: Fact[], former: Fact, learnt: Learnt, { now, isSure }: Circumstances): Changed {
  const alike = factSaying(facts, learnt.text, now)
  if (alike === undefined) return supersede(facts, former, learnt, { now, isSure })
  if (former.created_at > learnt.saidAt) return { facts, outcome: 'outdated' }
  if (alike.id === former.id || alike.state !== undefined || isProtected(former) || !isSure) return repeat(facts, alike, learnt, { now, isSure })
  return { facts: facts.map((fact) => fact.id === former.id ? supersededBy(fact, alike.id, now) : fact), outcome: 'superseded' }
}

/** Ends a fact that holds no more; null when it is the operator's, or pinned: then it stays. */
export function retireFact (facts: Fact[], former: Fact, now: string): Fact[] | null {
  if (isProtected(former)) return null
  return facts.map((fact) => fact.id === former.id ? { ...fact, state: 'retired' as const, ended_at: now } : fact)
}

function supersede (facts: Fact[], former: Fact, learnt: Learnt, { now, isSure }: Circumstances): Changed {
  if (former.created_at > learnt.saidAt) return { facts, outcome: 'outdated' }
  const fact = factFrom(learnt, now, isSure && !isProtected(former))
  if (fact.state === 'pending') return withLearnt(facts, { ...fact, replaces: former.id }, 'pending')
  return withLearnt(facts.map((each) => each.id === former.id ? supersededBy(each, fact.id, now) : each), fact, 'superseded')
}

/** A fact that was said again: one that waits for the operator is sure by now, or still is not; a learnt one is as fresh as this call. */
function repeat (facts: Fact[], alike: Fact, learnt: Learnt, { now, isSure }: Circumstances): Changed {
  if (alike.state === 'rejected') return { facts, outcome: 'refused' }
  if (alike.state === 'pending' && isSure && alike.replaces === undefined && !isProtected(alike)) {
    const { state, ...approved } = alike
    const sure = { ...approved, evidence: learnt.evidence, conversation_id: learnt.conversationId, updated_at: now }
    return { facts: facts.map((fact) => fact.id === alike.id ? sure : fact), outcome: 'added' }
  }
  if (isProtected(alike) || alike.updated_at >= now) return { facts, outcome: 'repeated' }
  return { facts: facts.map((fact) => fact.id === alike.id ? { ...fact, updated_at: now } : fact), outcome: 'repeated' }
}

/** The fact that says the same, among those that hold, wait, or were rejected. */
function factSaying (facts: Fact[], text: string, now: string): Fact | undefined {
  const said = normalized(text)
  return facts.find((fact) => (isCurrentFact(fact, now) || fact.state === 'pending' || fact.state === 'rejected') && sameNormalized(normalizedText(fact), said))
}

/** A call brings several sentences, and each is compared with all facts. */
const normalizedTexts = new WeakMap<Fact, NormalizedText>()

function normalizedText (fact: Fact): NormalizedText {
  const known = normalizedTexts.get(fact)
  if (known !== undefined) return known
  const made = normalized(fact.text)
  normalizedTexts.set(fact, made)
  return made
}

/** What the operator wrote or pinned is for the operator to change. */
function isProtected (fact: Fact): boolean {
  return fact.source === 'operator' || fact.pinned
}

function factFrom ({ id, text, source, evidence, conversationId, saidAt, ...about }: Learnt, now: string, isSure: boolean): Fact {
  return {
    id,
    text,
    source,
    evidence,
    pinned: false,
    created_at: saidAt,
    updated_at: now,
    expires_at: null,
    superseded_by: null,
    conversation_id: conversationId,
    ...about,
    ...(isSure ? {} : { state: 'pending' as const })
  }
}

/**
 * Facts with one more. At the limit another one goes: what has ended first, then what was rejected, waits, and holds, each the
 * oldest first; never the operator's or a pinned one. Where two records were united there may be more than the limit: those stay.
 */
function withLearnt (before: Fact[], fact: Fact, outcome: LearntOutcome): Changed {
  const facts = [...before, fact]
  const learnt = facts.filter((each) => !isProtected(each))
  if (learnt.length <= Math.min(MAX_LEARNT_FACTS, MAX_FACTS - (facts.length - learnt.length))) return { facts, outcome }
  const [first] = learnt.toSorted((a, b) => worth(a) - worth(b) || (a.updated_at < b.updated_at ? -1 : a.updated_at > b.updated_at ? 1 : 0))
  return first === fact ? { facts: before, outcome: 'no-room' } : { facts: facts.filter((each) => each !== first), outcome }
}

function worth (fact: Fact): number {
  if (fact.superseded_by !== null || fact.state === 'retired') return 0
  return fact.state === 'rejected' ? 1 : fact.state === 'pending' ? 2 : 3
}
