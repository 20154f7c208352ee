/** Facts that contradict each other do not both stay current: the later one holds, or an operator is asked. */
import type { Fact } from '../../schemas/caller-record.ts'
import { isCurrentFact, revise, withFact } from '../caller/facts.ts'
import { addLearnt, doubted, normalizedText, replaceFact, type Changed } from './learnt-facts.ts'
import { changedWords, contradiction, normalized } from './same-fact.ts'
import { isNumber } from './words.ts'

export interface SameCall {
  /** Whether a fact was learnt from this call. */
  isOf: (fact: Fact) => boolean
  /** The last turn that a fact of this call rests on. */
  turnOf: (fact: Fact) => number
  /** Whether the caller corrects themselves after one turn, up to another. */
  isCorrected: (from: number, to: number) => boolean
}

/** What waits for one of these reasons was said clearly, so that it contradicts what is said later in the call. */
const WAS_SAID: ReadonlySet<Fact['pending_reason']> = new Set(['taken-back', 'contradiction'] as const)

/**
 * Adds a fact that contradicts another; null when it contradicts none.
 *
 * Of one call, what was said last holds. One other word contradicts only if the caller corrected themselves in between,
 * and then an operator is asked about the former, as they are about two that rest on the same turn. A negation replaces
 * what an earlier call said; another number is a question.
 */
export function contradicted (facts: Fact[], learnt: Fact, turn: number, call: SameCall): Changed | null {
  const text = normalizedText(learnt)
  const others = facts.flatMap((fact) => {
    const isTold = isCurrentFact(fact, learnt.updated_at) || (call.isOf(fact) && WAS_SAID.has(fact.pending_reason))
    const kind = isTold ? contradiction(normalizedText(fact), text) : null
    return kind === null ? [] : [{ fact, kind, isOfCall: call.isOf(fact) }]
  })
  const former = others.find(({ isOfCall }) => isOfCall)
  if (former === undefined) {
    const known = others.find(({ kind }) => kind !== 'word')
    if (known === undefined) return null
    return replaceFact(facts, known.fact, doubted(learnt, known.kind === 'number' ? 'contradiction' : null))
  }
  const formerTurn = call.turnOf(former.fact)
  const [from, to] = turn > formerTurn ? [formerTurn, turn] : [turn, formerTurn]
  const formerPending = withFact(facts, doubted(former.fact, 'contradiction'))
  if (former.kind === 'word') {
    if (from === to || !call.isCorrected(from, to)) return null
    if (turn < formerTurn) return addLearnt(facts, doubted(learnt, 'contradiction'))
    return addLearnt(formerPending, learnt)
  }
  if (from === to) return addLearnt(formerPending, doubted(learnt, 'contradiction'))
  if (turn < formerTurn) return { facts, outcome: 'outdated' }
  const added = addLearnt(facts, learnt)
  const fact = added.facts.find(({ id }) => id === learnt.id)
  if (fact === undefined || learnt.state === 'pending' || former.fact.state === 'pending') return added
  return {
    facts: revise(added.facts, former.fact, fact, learnt.updated_at),
    outcome: added.outcome === 'added' ? 'superseded' : added.outcome
  }
}

/** A value is told apart from everyday words by a number of two digits, or by so many words. */
const VALUE_WORDS = 2
const LONG_NUMBER = /^\d{2}/

/**
 * Asks an operator about learnt facts that repeat what was just corrected: an address in two facts, of which the call
 * corrected one.
 */
export function withoutCopies (facts: Fact[], former: Fact, text: string, now: string): Fact[] {
  const changed = changedWords(normalizedText(former), normalized(text))
  const isValue = changed.length >= VALUE_WORDS || changed.some((word) => isNumber(word) && LONG_NUMBER.test(word)) ||
    changed.some((word) => new RegExp(`(?<=\\S )\\p{Lu}${word.slice(1)}(?!\\p{L})`, 'u').test(former.text))
  if (!isValue) return facts
  const copies = facts.filter((fact) => {
    if (fact.id === former.id || fact.source === 'operator' || fact.pinned || !isCurrentFact(fact, now)) return false
    const words = new Set(normalizedText(fact).words.map(({ word }) => word))
    return changed.every((word) => words.has(word))
  })
  return copies.reduce((all, copy) => withFact(all, doubted(copy, 'contradiction')), facts)
}
