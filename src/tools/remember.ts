import type { CallerRecord, Fact } from '../../schemas/caller-record.ts'
import { withCallChanged } from '../caller/calls.ts'
import { defuse, readsLikeAnOrder } from '../caller/untrusted.ts'
import { MAX_LEARNT_CHARS } from '../learning/apply-answer.ts'
import { withoutMasks } from '../learning/conversation.ts'
import { isSaidAgain } from '../learning/forgotten.ts'
import { addLearnt, doubted, NEW_FACT, saysTheSameAs } from '../learning/learnt-facts.ts'
import type { ToolResult, ToolWork } from './tool-change.ts'

export interface NewFact {
  id: string
  /** Masked. */
  text: string
  conversationId: string | null
  /** ISO 8601. */
  now: string
}

/** What the agent is told of each outcome. */
export const REMEMBERED = {
  added: 'It is noted.',
  repeated: 'It is on file already.',
  pending: 'It is noted, but a colleague will look at it first.',
  refused: 'That cannot be noted.',
  'no-room': 'There is no room to note any more about this caller.'
}

/** Stores a fact at once. The same words again are one fact. */
export function remember (fact: NewFact): ToolWork {
  return (record, call) => {
    const learnt = learntFrom(fact)
    if ('outcome' in learnt) return { record, ...learnt }
    const { facts, outcome } = addLearnt(record.facts, learnt)
    const changed = { ...record, facts }
    const added = outcome === 'added' || outcome === 'pending'
    const stored = facts.find(({ id }) => id === learnt.id) ?? facts.find(saysTheSameAs(learnt))
    const told = outcome === 'superseded' || outcome === 'outdated' ? 'refused' : outcome
    return {
      record: added && call !== null ? withMention(changed, call.number, learnt.text) : changed,
      result: REMEMBERED[told],
      outcome: told,
      ids: stored === undefined ? [] : [stored.id]
    }
  }
}

/** The caller said so just now, so it is sure, unless it reads like an order. */
export function learntFrom ({ id, text: given, conversationId, now }: NewFact): Fact | ToolResult {
  const text = defuse(given, MAX_LEARNT_CHARS + 1)
  const refused = (result: string): ToolResult => ({ result, outcome: 'refused', ids: [] })
  if (text === '') return refused('Nothing was noted: it takes one short sentence about the caller.')
  if (text.length > MAX_LEARNT_CHARS) return refused('That is too long to note: it takes one short sentence.')
  if (withoutMasks(text) !== text) return refused('Numbers of phones, cards and accounts are not noted.')
  return doubted({
    ...NEW_FACT,
    id,
    text,
    source: 'tool',
    evidence: text,
    created_at: now,
    updated_at: now,
    conversation_id: conversationId
  }, readsLikeAnOrder(text) ? 'order' : null)
}

/** What is said again on purpose is not forgotten any more. */
export function withMention (record: CallerRecord, callNumber: number, text: string): CallerRecord {
  return withCallChanged(record, callNumber, (call) => {
    if (call.forgotten === undefined) return call
    const { forgotten, ...rest } = call
    const traces = forgotten.filter((trace) => !isSaidAgain(text, trace))
    return traces.length === 0 ? rest : { ...rest, forgotten: traces }
  })
}
