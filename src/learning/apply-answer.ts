/** Applies a model's answer to a caller record. What the transcript and the record do not support is dropped. */
import type { CallerRecord, Turn } from '../../schemas/caller-record.ts'
import type { FactOperation, OpenItemOperation } from '../../schemas/model-answer.ts'
import { activeRecord, type Change } from '../caller/caller.ts'
import { findCall, isInFull, isLatest } from '../caller/calls.ts'
import { isCurrentFact } from '../caller/facts.ts'
import { findJob, withoutJob } from '../caller/learning-jobs.ts'
import { isOpen, withClosedItem, withOpenItem } from '../caller/open-items.ts'
import { languageFrom, nameFrom, withLearntProfile } from '../caller/profile.ts'
import { defuse, readsLikeAnOrder } from '../prompt/untrusted.ts'
import { forgottenIn, isOfTool, settledByTool } from '../tools/after-call.ts'
import { isForgotten } from '../tools/forgotten.ts'
import { isMentioned, speechOf, supportOf, type Speech } from './evidence.ts'
import { addLearnt, replaceFact, retireFact, type Learnt, type LearntOutcome } from './learnt-facts.ts'
import type { ReadAnswer } from './model-answer.ts'
import { saysTheSame } from './same-fact.ts'
import { wordsOf } from './words.ts'

export const MAX_OPERATIONS = 20
export const MAX_ITEM_OPERATIONS = 10

/** Characters of a learnt sentence, and of the words quoted for it. */
export const MAX_LEARNT_CHARS = 300
export const MAX_EVIDENCE_CHARS = 1000

/** Why something was dropped. */
export type DropReason =
  | 'malformed' // not in the form that was asked for, or too long
  | 'too-many' // beyond MAX_OPERATIONS or MAX_ITEM_OPERATIONS
  | 'unknown-id' // no current fact, or open item, has this id
  | 'no-evidence' // a fact names no turn of the caller, or an open item no turn at all
  | 'unsupported' // those turns say nothing of it; or not enough, for what cannot wait for approval
  | 'instruction' // it speaks to the agent, not about the caller
  | 'sensitive' // it is about a number that was masked
  | 'protected' // it would retire a fact that the operator wrote or pinned
  | 'unsure' // it would retire a fact, and the model is not sure enough
  | 'settled' // a tool has corrected or forgotten it during the call, or has stored what it would change
  | Extract<LearntOutcome, 'outdated' | 'refused' | 'no-room'>

type Outcome = LearntOutcome | DropReason | 'retired' | 'opened' | 'closed'

/** How often each outcome occurred. */
export interface Learnings extends Record<Exclude<Outcome, DropReason>, number> {
  dropped: Partial<Record<DropReason, number>>
}

export interface AnswerParts {
  conversationId: string
  answer: ReadAnswer
  turns: Turn[]
  /** When the call ended, ISO 8601. */
  saidAt: string
  /** 0 to 1: facts below it wait for approval. */
  minConfidence: number
  /** Masks the caller's number, and with REDACT card numbers and the like. */
  mask: (text: string) => string
  /** One per fact operation, then one per open item operation. */
  ids: readonly string[]
  /** ISO 8601. */
  now: string
}

interface Context extends AnswerParts {
  spokenIn: SpokenIn
}

/** What was said in the turns with these numbers, by the caller or by both sides; null when there are none. */
type SpokenIn = (turns: readonly number[], by: 'user' | 'both') => Speech | null

interface Step {
  record: CallerRecord
  /** Null when there is nothing to count. */
  outcome: Outcome | null
}

const MAX_WRITTEN_CHARS = 2000

/** A sentence about a masked number is of no use. */
export const MASKED = /\[(?:number|card number|social security number|IBAN)\]/

/** Null when the call's job is gone: the caller was erased, or the call was learnt from before. */
export function applyAnswer (parts: AnswerParts): Change<Learnings | null> {
  return (caller) => {
    const before = activeRecord(caller)
    if (before === null || findJob(before, parts.conversationId) === undefined) return { caller, result: null }
    const { answer: { operations, open_items: items, malformed }, ids } = parts
    const context = { ...parts, spokenIn: speechOfTurns(parts.turns) }
    const counts: Partial<Record<Outcome, number>> = {}
    const count = (outcome: Outcome, n: number) => { if (n > 0) counts[outcome] = (counts[outcome] ?? 0) + n }
    let record = before
    const take = (step: Step) => {
      record = step.record
      if (step.outcome !== null) count(step.outcome, 1)
    }

    count('malformed', malformed)
    count('too-many', operations.length - MAX_OPERATIONS)
    count('too-many', items.length - MAX_ITEM_OPERATIONS)
    operations.slice(0, MAX_OPERATIONS).forEach((operation, n) => take(changeFact(record, operation, ids[n]!, context)))
    take(learnProfile(record, context))
    items.slice(0, MAX_ITEM_OPERATIONS).forEach((operation, n) => take(operation.op === 'close'
      ? closeItem(record, operation, context)
      : openItem(record, operation, ids[operations.length + n]!, context)))

    const {
      added = 0, superseded = 0, retired = 0, pending = 0, repeated = 0, opened = 0, closed = 0, ...dropped
    } = counts
    return {
      caller: { ...caller, record: markLearnt(withoutJob(record, parts.conversationId), parts) },
      result: { added, superseded, retired, pending, repeated, opened, closed, dropped }
    }
  }
}

function changeFact (record: CallerRecord, operation: FactOperation, id: string, context: Context): Step {
  const { facts } = record
  const { conversationId, now, minConfidence, saidAt, mask } = context
  const former = operation.op === 'add'
    ? null
    : facts.find((fact) => fact.id === operation.fact_id && isCurrentFact(fact, now))
  if (former === undefined) return { record, outcome: 'unknown-id' }
  if (former !== null && isOfTool(former, conversationId)) return { record, outcome: 'settled' }
  const speech = context.spokenIn(operation.turns, 'user')
  if (speech === null) return { record, outcome: 'no-evidence' }

  if (operation.op === 'retire') {
    // A mention is enough: people whose dog died say neither that they have a dog nor that they have none.
    if (former === null || !isMentioned(speech, former.text)) return { record, outcome: 'unsupported' }
    if (former.created_at > saidAt) return { record, outcome: 'outdated' }
    if (operation.confidence < minConfidence) return { record, outcome: 'unsure' }
    const retired = retireFact(facts, former, now)
    if (retired === null) return { record, outcome: 'protected' }
    return { record: { ...record, facts: retired }, outcome: 'retired' }
  }
  const written = cleaned(operation.text, mask)
  const fault = faultOf(written)
  if (fault !== null) return { record, outcome: fault }
  const settled = settledByTool(record, conversationId, written)
  if (settled === 'settled') return { record, outcome: 'settled' }
  const text = settled?.fact.text ?? written
  const support = supportOf(speech, text)
  if (support === 'none') return { record, outcome: 'unsupported' }
  const { category, confidence } = operation
  const learnt: Learnt = {
    id,
    text,
    source: 'call',
    evidence: quoted(speech, mask),
    conversationId,
    learntAt: now,
    saidAt,
    isSure: support === 'full' && confidence >= minConfidence,
    category,
    confidence
  }
  const changed = former === null ? addLearnt(facts, learnt) : replaceFact(facts, former, learnt)
  return { record: { ...record, facts: changed.facts }, outcome: changed.outcome }
}

/** Every word of a name must have been spoken as it is: stop words count, because some of them are names. */
function learnProfile (record: CallerRecord, { answer, conversationId, minConfidence, spokenIn }: Context): Step {
  const { caller_name: claim, language } = answer
  const name = claim === null || readsLikeAnOrder(claim.value) ? null : nameFrom(claim.value)
  const spokenWords = new Set(claim === null ? [] : spokenIn(claim.turns, 'user')?.texts.flatMap(wordsOf))
  const isSpoken = name !== null && wordsOf(name).every((word) => spokenWords.has(word))
  return {
    record: withLearntProfile(record, {
      callerName: isSpoken && claim !== null && claim.confidence >= minConfidence ? name : null,
      language: language === null ? null : languageFrom(language)
    }, isLatest(record, conversationId)),
    outcome: claim === null || isSpoken ? null : name === null ? 'malformed' : 'unsupported'
  }
}

/** Turns of both sides count: agents make promises, too. */
function openItem (record: CallerRecord, operation: OpenItemOperation, id: string, context: Context): Step {
  const { conversationId, saidAt, mask } = context
  const text = cleaned(operation.text, mask)
  const fault = faultOf(text)
  if (fault !== null) return { record, outcome: fault }
  if (isForgotten(text, forgottenIn(record, conversationId))) return { record, outcome: 'settled' }
  const speech = context.spokenIn(operation.turns, 'both')
  if (speech === null) return { record, outcome: 'no-evidence' }
  if (supportOf(speech, text) !== 'full') return { record, outcome: 'unsupported' }
  if (record.open_items?.some((item) => isOpen(item) && saysTheSame(item.text, text))) return { record, outcome: null }
  const evidence = quoted(speech, mask)
  const item = { id, text, evidence, conversation_id: conversationId, created_at: saidAt, closed_at: null }
  return { record: withOpenItem(record, item), outcome: 'opened' }
}

function closeItem (record: CallerRecord, { item_id: id, turns }: OpenItemOperation, context: Context): Step {
  const item = record.open_items?.find((each) => each.id === id && isOpen(each))
  if (item === undefined) return { record, outcome: id === null ? 'malformed' : 'unknown-id' }
  const speech = context.spokenIn(turns, 'both')
  if (speech === null) return { record, outcome: 'no-evidence' }
  if (supportOf(speech, item.text) !== 'full') return { record, outcome: 'unsupported' }
  return { record: withClosedItem(record, item.id, context.now), outcome: 'closed' }
}

function markLearnt (record: CallerRecord, { conversationId, now }: AnswerParts): CallerRecord {
  const call = findCall(record, { conversationId, callSid: null })
  if (call === undefined || !isInFull(call)) return record
  const calls = record.calls.map((each) => each.number === call.number ? { ...each, learnt_at: now } : each)
  return { ...record, calls }
}

/** Cached, because many operations name the same turns. */
function speechOfTurns (turns: Turn[]): SpokenIn {
  const cache = new Map<string, Speech>()
  return (numbers, by) => {
    const named = turns.filter(({ number, role, text }) =>
      numbers.includes(number) && (by === 'both' || role === 'user') &&
      // A turn that repeats the fence of our own prompt is no evidence.
      !text.includes('caller_record'))
    if (named.length === 0) return null
    const key = named.map(({ number }) => number).join()
    const speech = cache.get(key) ?? speechOf(named.map(({ text }) => text))
    cache.set(key, speech)
    return speech
  }
}

/** Masked, on one line and cut; empty if the model wrote nothing, or far too much. */
function cleaned (text: string | null, mask: (text: string) => string): string {
  return text === null || text.length > MAX_WRITTEN_CHARS ? '' : defuse(mask(text), MAX_LEARNT_CHARS + 1)
}

function faultOf (text: string): DropReason | null {
  if (text === '' || text.length > MAX_LEARNT_CHARS) return 'malformed'
  if (readsLikeAnOrder(text)) return 'instruction'
  return MASKED.test(text) ? 'sensitive' : null
}

/** Masked again: a number that was spread over several turns may be complete here. */
function quoted ({ texts }: Speech, mask: (text: string) => string): string {
  return defuse(mask(texts.join(' … ')), MAX_EVIDENCE_CHARS)
}
