/** Applies a model's answer to a caller record. What the transcript and the record do not support is dropped. */
import type { CallerRecord, Fact, PendingReason, Turn } from '../../schemas/caller-record.ts'
import type { FactOperation, OpenItemOperation } from '../../schemas/model-answer.ts'
import { activeRecord, type Change } from '../caller/caller.ts'
import { findCall, isLatest, withCallChanged } from '../caller/calls.ts'
import { isCurrentFact, withoutOldFacts } from '../caller/facts.ts'
import { findJob, withoutJob } from '../caller/learning-jobs.ts'
import { isOpen, withClosedItem, withOpenItem } from '../caller/open-items.ts'
import { languageFrom, nameFrom, withLearntProfile } from '../caller/profile.ts'
import { withWordsOfLostFacts } from '../caller/told.ts'
import { defuse, readsLikeAnOrder } from '../caller/untrusted.ts'
import { hasPhrase } from './clauses.ts'
import { contradicted, withoutCopies } from './contradictions.ts'
import {
  callLanguage, isAnotherSpeaker, isOfMask, isTakenBack, questionsBefore, withoutMasks, wordsOfOthers
} from './conversation.ts'
import { validityOf, type Reading } from './days.ts'
import { isMentioned, speechOf, supportOf, type Speech, type SpeechContext } from './evidence.ts'
import { isForgotten, withoutForgotten } from './forgotten.ts'
import type { ComparedLanguage } from './languages.ts'
import {
  addLearnt, doubted, NEW_FACT, replaceFact, retireFact, type Changed, type LearntOutcome
} from './learnt-facts.ts'
import type { ReadAnswer } from './model-answer.ts'
import { canSayTheSame, saysTheSame } from './same-fact.ts'
import { forgottenSince, isOfTool, settledByTool } from './settled-by-tools.ts'
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
  | 'instruction' // an open item or a name that reads like an order; facts wait for approval
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
  reading: Reading
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
  /** Of the whole call. */
  language: ComparedLanguage | null
  spokenIn: SpokenIn
  /** The turns with their masks. */
  raw: Turn[]
  agent: Speech
  /** Whether somebody else than the caller spoke on their phone. */
  isAnother: boolean
}

/** What was said in the turns with these numbers, by the caller or by both sides; null when there are none. */
type SpokenIn = (turns: readonly number[], by: 'user' | 'both') => Speech | null

interface Step {
  record: CallerRecord
  /** Null when there is nothing to count. */
  outcome: Outcome | null
}

const MAX_WRITTEN_CHARS = 2000

/** Null when the call's job is gone: the caller was erased, or the call was learnt from before. */
export function applyAnswer (parts: AnswerParts): Change<Learnings | null> {
  return (caller) => {
    const before = activeRecord(caller)
    if (before === null || findJob(before, parts.conversationId) === undefined) return { caller, result: null }
    const { answer: { operations, open_items: items, malformed }, ids } = parts
    const context = contextOf(parts, before)
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
    const kept = withoutOldFacts(withoutJob(record, parts.conversationId), parts.now)
    return {
      caller: { ...caller, record: withWordsOfLostFacts(before, markLearnt(kept, parts)) },
      result: { added, superseded, retired, pending, repeated, opened, closed, dropped }
    }
  }
}

function contextOf (parts: AnswerParts, record: CallerRecord): Context {
  // Again, because something may have been forgotten while the model was asked.
  const raw = withoutForgotten(parts.turns, forgottenSince(record, parts.reading.startedAt))
  const turns = raw.map((turn) => ({ ...turn, text: withoutMasks(turn.text) }))
  const language = callLanguage(turns)
  const agent = speechOf(turns.filter(({ role }) => role === 'agent').map(({ text }) => text), language)
  const { value: name = null } = parts.answer.caller_name ?? {}
  return {
    ...parts,
    raw,
    turns,
    language,
    agent,
    spokenIn: speechOfTurns(turns, language),
    isAnother: isAnotherSpeaker(turns, record.caller_name, name, language)
  }
}

function changeFact (record: CallerRecord, operation: FactOperation, id: string, context: Context): Step {
  const { conversationId, now, minConfidence, saidAt, mask } = context
  const former = operation.op === 'add'
    ? null
    : record.facts.find((fact) => fact.id === operation.fact_id && isCurrentFact(fact, now))
  if (former === undefined) return { record, outcome: 'unknown-id' }
  if (former !== null && isOfTool(former, conversationId)) return { record, outcome: 'settled' }
  const speech = context.spokenIn(operation.turns, 'user')
  if (speech === null) return { record, outcome: 'no-evidence' }

  if (operation.op === 'retire') return retire(record, operation, former!, speech, context)
  const written = cleaned(operation.text, mask)
  const fault = faultOf(written)
  if (fault !== null) return { record, outcome: fault }
  const settled = settledByTool(record, conversationId, written)
  if (settled === 'settled') return { record, outcome: 'settled' }
  const text = settled?.fact.text ?? written
  const support = supportOf(speech, text, givenTo(operation, former, context))
  if (support === 'none') return { record, outcome: 'unsupported' }
  const { category, confidence } = operation
  const turns = context.turns.filter(({ number }) => operation.turns.includes(number)).map((turn) => turn.text)
  const days = validityOf(text, turns, operation, context.reading)
  const doubts: Array<PendingReason | null> = [
    readsLikeAnOrder(text) ? 'order' : null,
    doubtOfTurns(operation, context, text),
    support === 'full' ? null : support,
    confidence >= minConfidence && days !== null ? null : 'unsure'
  ]
  const learnt = doubted({
    ...NEW_FACT,
    id,
    text,
    source: 'call',
    evidence: quoted(operation, 'user', context),
    created_at: saidAt,
    updated_at: now,
    conversation_id: conversationId,
    category,
    confidence,
    ...days
  }, doubts.find((each) => each !== null) ?? null)
  const { facts, outcome } = withStatement(record.facts, learnt, former, operation, context)
  return { record: { ...record, facts }, outcome }
}

/** Adds what was said to the facts: as a repeat of one, in place of one, or beside them. */
function withStatement (
  facts: Fact[], learnt: Fact, former: Fact | null, operation: FactOperation, context: Context
): Changed {
  const { answer, conversationId, ids, language, now, turns } = context
  const same = learnt.state === undefined ? paraphrased(facts, operation, learnt.text, now) : undefined
  if (same !== undefined) return addLearnt(facts, { ...learnt, text: same.text })
  if (former !== null) {
    const changed = replaceFact(facts, former, learnt)
    return changed.outcome !== 'superseded'
      ? changed
      : { ...changed, facts: withoutCopies(changed.facts, former, learnt.text, now) }
  }
  return contradicted(facts, learnt, lastTurn(operation), {
    isOf: (fact) => fact.conversation_id === conversationId && ids.includes(fact.id),
    turnOf: (fact) => lastTurn(answer.operations[ids.indexOf(fact.id)]!),
    isCorrected: (from, to) => turns.some(({ number, role, text }) =>
      role === 'user' && number > from && number <= to && isCorrection(text, language))
  }) ?? addLearnt(facts, learnt)
}

function retire (
  record: CallerRecord, operation: FactOperation, former: Fact, speech: Speech, context: Context
): Step {
  // A mention is enough: people whose dog died say neither that they have a dog nor that they have none.
  if (!isMentioned(speech, former.text)) return { record, outcome: 'unsupported' }
  if (former.created_at > context.saidAt) return { record, outcome: 'outdated' }
  if (operation.confidence < context.minConfidence || doubtOfTurns(operation, context) !== null) {
    return { record, outcome: 'unsure' }
  }
  const facts = retireFact(record.facts, former, context.now)
  return facts === null ? { record, outcome: 'protected' } : { record: { ...record, facts }, outcome: 'retired' }
}

function lastTurn ({ turns }: FactOperation): number {
  return Math.max(...turns)
}

function isCorrection (said: string, language: ComparedLanguage | null): boolean {
  if (language === null) return false
  const words = wordsOf(said)
  return language.answers.has(words[0] ?? '') || language.corrections.some((phrase) => hasPhrase(words, phrase))
}

/** A known fact that the model says is the same, if it can be. */
function paraphrased (facts: Fact[], operation: FactOperation, text: string, now: string): Fact | undefined {
  if (operation.op !== 'add' || operation.same_as == null) return undefined
  return facts.find((fact) =>
    fact.id === operation.same_as && isCurrentFact(fact, now) && canSayTheSame(fact.text, text))
}

/** What need not be said again: the question that was answered, and what is already known. */
function givenTo ({ turns }: FactOperation, former: Fact | null, context: Context): SpeechContext {
  const { language, agent } = context
  const given = [...questionsBefore(turns, context.turns, language), ...former === null ? [] : [former.text]]
  return given.length === 0 ? { agent } : { agent, given: speechOf(given, language) }
}

/** What speaks against everything that was said in these turns. */
function doubtOfTurns ({ turns }: FactOperation, context: Context, text = ''): PendingReason | null {
  if (isTakenBack(turns, context.turns, context.language)) return 'taken-back'
  const isNamed = wordsOfOthers(context.answer.caller_name?.value ?? '', text, context.language)
  return context.isAnother && !isNamed ? 'somebody-else' : null
}

/** Every word of a name must have been spoken as it is: stop words count, because some of them are names. */
function learnProfile (record: CallerRecord, context: Context): Step {
  const { answer, conversationId, minConfidence, spokenIn, isAnother, now } = context
  const { caller_name: claim, language } = answer
  const name = claim === null || readsLikeAnOrder(claim.value) ? null : nameFrom(claim.value)
  const spokenWords = new Set(claim === null ? [] : spokenIn(claim.turns, 'user')?.texts.flatMap(wordsOf))
  const isMask = name !== null && context.raw.some(({ text }) => isOfMask(name, text))
  const isSpoken = name !== null && !isMask && wordsOf(name).every((word) => spokenWords.has(word))
  return {
    record: withLearntProfile(record, {
      caller_name: isSpoken && claim !== null && claim.confidence >= minConfidence && !isAnother ? name : null,
      language: language === null ? null : languageFrom(language)
    }, isLatest(record, conversationId), now),
    outcome: claim === null || isSpoken ? null : name === null ? 'malformed' : 'unsupported'
  }
}

/** Turns of both sides count: agents make promises, too. */
function openItem (record: CallerRecord, operation: OpenItemOperation, id: string, context: Context): Step {
  const { conversationId, saidAt, mask } = context
  const text = cleaned(operation.text, mask)
  const fault = faultOf(text) ?? (readsLikeAnOrder(text) ? 'instruction' : null)
  if (fault !== null) return { record, outcome: fault }
  if (isForgotten(text, forgottenSince(record, context.reading.startedAt))) return { record, outcome: 'settled' }
  const speech = context.spokenIn(operation.turns, 'both')
  if (speech === null) return { record, outcome: 'no-evidence' }
  if (supportOf(speech, text) !== 'full') return { record, outcome: 'unsupported' }
  if (record.open_items?.some((item) => isOpen(item) && saysTheSame(item.text, text))) return { record, outcome: null }
  const evidence = quoted(operation, 'both', context)
  const days = validityOf(text, speech.texts, operation, context.reading) ?? {}
  const item = { id, text, evidence, conversation_id: conversationId, created_at: saidAt, closed_at: null, ...days }
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
  return call === undefined ? record : withCallChanged(record, call.number, (each) => ({ ...each, learnt_at: now }))
}

/** Cached, because many operations name the same turns. */
function speechOfTurns (turns: Turn[], language: ComparedLanguage | null): SpokenIn {
  const cache = new Map<string, Speech>()
  return (numbers, by) => {
    const named = turns.filter((turn) => isNamed(turn, numbers, by))
    if (named.length === 0) return null
    const key = named.map(({ number }) => number).join()
    const speech = cache.get(key) ?? speechOf(named.map(({ text }) => text), language)
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
  return withoutMasks(text) === text ? null : 'sensitive'
}

/** Masked again: a number that was spread over several turns may be complete here. */
function quoted ({ turns }: Pick<FactOperation, 'turns'>, by: 'user' | 'both', { raw, mask }: Context): string {
  const texts = raw.filter((turn) => isNamed(turn, turns, by)).map(({ text }) => text)
  return defuse(mask(texts.join(' … ')), MAX_EVIDENCE_CHARS)
}

/** A turn that repeats the fence of our own prompt is no evidence. */
function isNamed ({ number, role, text }: Turn, numbers: readonly number[], by: 'user' | 'both'): boolean {
  return numbers.includes(number) && (by === 'both' || role === 'user') && !text.includes('caller_record')
}
