/** Applies a model's answer to a caller record. What the transcript and the record do not support is dropped. */
import type { CallerRecord, Fact, Turn } from '../../schemas/caller-record.ts'
import type { FactOperation, ModelAnswer, OpenItemOperation } from '../../schemas/model-answer.ts'
import { activeRecord, type Change } from '../caller/caller.ts'
import { findCall, isInFull, isLatest } from '../caller/calls.ts'
import { isCurrentFact } from '../caller/facts.ts'
import { findJob, withoutJob } from '../caller/learning-jobs.ts'
import { isOpen, withClosedItem, withOpenItem } from '../caller/open-items.ts'
import { languageFrom, nameFrom, withLearntProfile } from '../caller/profile.ts'
import { defuse } from '../prompt/untrusted.ts'
import { isMentioned, speechOf, supportOf, type Speech } from './evidence.ts'
import { readsLikeAnOrder } from './instruction.ts'
import { addLearnt, replaceFact, retireFact, type Learnt, type LearntOutcome } from './learnt-facts.ts'
import { normalized, sameNormalized } from './same-fact.ts'
import { wordsOf } from './words.ts'

export const MAX_OPERATIONS = 20
export const MAX_ITEM_OPERATIONS = 10

/** Characters of a learnt sentence, and of the words quoted for it. */
export const MAX_LEARNT_CHARS = 300
export const MAX_EVIDENCE_CHARS = 1000

/**
 * Why something was dropped:
 *
 * - `malformed`: not in the form that was asked for, or too long
 * - `too-many`: beyond {@link MAX_OPERATIONS} or {@link MAX_ITEM_OPERATIONS}
 * - `unknown-id`: no current fact, or open item, has this id
 * - `no-evidence`: a fact names no turn of the caller, or an open item no turn at all
 * - `unsupported`: those turns say nothing of it; or not enough, for what cannot wait for approval
 * - `instruction`: it speaks to the agent, not about the caller
 * - `sensitive`: it is about a number that was masked
 * - `protected`: it would retire a fact that the operator wrote or pinned
 * - `unsure`: it would retire a fact, and the model is not sure enough
 * - `outdated`: a fact that was said later contradicts it
 * - `refused`: the operator has rejected it before
 * - `no-room`: the limit of facts is reached, and all others are worth more
 */
export type DropReason =
  | 'malformed'
  | 'too-many'
  | 'unknown-id'
  | 'no-evidence'
  | 'unsupported'
  | 'instruction'
  | 'sensitive'
  | 'protected'
  | 'unsure'
  | 'outdated'
  | 'refused'
  | 'no-room'

export interface Learnings {
  added: number
  superseded: number
  retired: number
  pending: number
  repeated: number
  opened: number
  closed: number
  dropped: Partial<Record<DropReason, number>>
}

export interface LearningParts {
  conversationId: string
  answer: ModelAnswer
  /** How many parts of the answer could not be read. */
  malformed: number
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

const MAX_WRITTEN_CHARS = 2000

/** A sentence about a masked number is of no use. */
const MASKED = /\[(?:number|card number|social security number|IBAN)\]/

/** Learns from a call. Null when its job is gone: the caller was erased, or the call was learnt from before. */
export function learn (parts: LearningParts): Change<Learnings | null> {
  return (caller) => {
    const record = activeRecord(caller)
    if (record === null || findJob(record, parts.conversationId) === undefined) return { caller, result: null }
    const drop = createCounter<DropReason>()
    const turnsSpokenBy = indexTurns(parts.turns)
    drop.add('malformed', parts.malformed)
    const { facts, counts } = learnFacts(record, parts, turnsSpokenBy, drop.add)
    const withFacts = learnProfile({ ...record, facts }, parts, turnsSpokenBy, drop.add)
    const { record: withItems, opened, closed } = learnItems(withFacts, parts, turnsSpokenBy, drop.add)
    return {
      caller: { ...caller, record: markLearnt(withoutJob(withItems, parts.conversationId), parts) },
      result: { ...counts, opened, closed, dropped: drop.counts }
    }
  }
}

type Drop = (reason: DropReason, count?: number) => void

function learnFacts (record: CallerRecord, parts: LearningParts, turnsSpokenBy: TurnsSpokenBy, drop: Drop) {
  const counts = { added: 0, superseded: 0, retired: 0, pending: 0, repeated: 0 }
  const { operations } = parts.answer
  drop('too-many', Math.max(0, operations.length - MAX_OPERATIONS))
  let facts = record.facts
  operations.slice(0, MAX_OPERATIONS).forEach((operation, n) => {
    const step = applyOperation(facts, operation, parts, turnsSpokenBy, parts.ids[n]!)
    if (typeof step === 'string') return drop(step)
    facts = step.facts
    if (step.outcome === 'outdated' || step.outcome === 'refused' || step.outcome === 'no-room') {
      return drop(step.outcome)
    }
    counts[step.outcome]++
  })
  return { facts, counts }
}

function applyOperation (
  facts: Fact[], operation: FactOperation, parts: LearningParts, turnsSpokenBy: TurnsSpokenBy, id: string
): DropReason | { facts: Fact[], outcome: LearntOutcome | 'retired' } {
  const { now, minConfidence, saidAt } = parts
  const former = operation.op === 'add'
    ? null
    : facts.find((fact) => fact.id === operation.fact_id && isCurrentFact(fact, now))
  if (former === undefined) return 'unknown-id'
  const spoken = turnsSpokenBy(operation.turns, 'user')
  if (spoken === null) return 'no-evidence'

  if (operation.op === 'retire') {
    // A mention is enough: people whose dog died say neither that they have a dog nor that they have none.
    if (former === null || !isMentioned(spoken.speech, former.text)) return 'unsupported'
    if (former.created_at > saidAt) return 'outdated'
    if (operation.confidence < minConfidence) return 'unsure'
    const retired = retireFact(facts, former, now)
    return retired === null ? 'protected' : { facts: retired, outcome: 'retired' }
  }
  const written = cleaned(operation.text, parts.mask)
  if (typeof written === 'string') return written
  const { text } = written
  const support = supportOf(spoken.speech, text)
  if (support === 'none') return 'unsupported'
  const learnt: Learnt = {
    id,
    text,
    source: 'call',
    evidence: quoted(spoken.texts, parts.mask),
    conversationId: parts.conversationId,
    saidAt,
    category: operation.category,
    confidence: operation.confidence
  }
  const circumstances = { now, isSure: support === 'full' && operation.confidence >= minConfidence }
  return former === null ? addLearnt(facts, learnt, circumstances) : replaceFact(facts, former, learnt, circumstances)
}

/** Every word of a name must have been spoken as it is: stop words count, because some of them are names. */
function learnProfile (
  record: CallerRecord,
  { answer, conversationId, minConfidence }: LearningParts,
  turnsSpokenBy: TurnsSpokenBy,
  drop: Drop
): CallerRecord {
  const { caller_name: claim, language } = answer
  const name = claim === null || readsLikeAnOrder(claim.value) ? null : nameFrom(claim.value)
  if (claim !== null && name === null) drop('malformed')
  const spoken = claim === null ? null : turnsSpokenBy(claim.turns, 'user')
  const spokenWords = new Set(spoken?.texts.flatMap(wordsOf))
  const isSpoken = name !== null && wordsOf(name).every((word) => spokenWords.has(word))
  if (name !== null && !isSpoken) drop('unsupported')
  return withLearntProfile(record, {
    callerName: isSpoken && claim !== null && claim.confidence >= minConfidence ? name : null,
    language: language === null ? null : languageFrom(language)
  }, isLatest(record, conversationId))
}

function learnItems (record: CallerRecord, parts: LearningParts, turnsSpokenBy: TurnsSpokenBy, drop: Drop) {
  const operations = parts.answer.open_items
  drop('too-many', Math.max(0, operations.length - MAX_ITEM_OPERATIONS))
  let changed = record
  const counts = { opened: 0, closed: 0 }
  operations.slice(0, MAX_ITEM_OPERATIONS).forEach((operation, n) => {
    const next = operation.op === 'close'
      ? closed(changed, operation, parts, turnsSpokenBy)
      : opened(changed, operation, parts, turnsSpokenBy, parts.ids[parts.answer.operations.length + n]!)
    if (typeof next === 'string') return drop(next)
    if (next !== changed) counts[operation.op === 'close' ? 'closed' : 'opened']++
    changed = next
  })
  return { record: changed, ...counts }
}

/** Turns of both sides count: agents make promises, too. */
function opened (
  record: CallerRecord, operation: OpenItemOperation, parts: LearningParts, turnsSpokenBy: TurnsSpokenBy, id: string
): CallerRecord | DropReason {
  const written = cleaned(operation.text, parts.mask)
  if (typeof written === 'string') return written
  const { text } = written
  const spoken = turnsSpokenBy(operation.turns, 'both')
  if (spoken === null) return 'no-evidence'
  if (supportOf(spoken.speech, text) !== 'full') return 'unsupported'
  const item = normalized(text)
  const isOpenAlready = record.open_items?.some((each) => isOpen(each) && sameNormalized(normalized(each.text), item))
  if (isOpenAlready === true) return record
  return withOpenItem(record, {
    id,
    text,
    evidence: quoted(spoken.texts, parts.mask),
    conversation_id: parts.conversationId,
    created_at: parts.saidAt,
    closed_at: null
  })
}

function closed (
  record: CallerRecord,
  { item_id: itemId, turns }: OpenItemOperation,
  parts: LearningParts,
  turnsSpokenBy: TurnsSpokenBy
): CallerRecord | DropReason {
  const item = record.open_items?.find(({ id }) => id === itemId)
  if (item === undefined || !isOpen(item)) return itemId === null ? 'malformed' : 'unknown-id'
  const spoken = turnsSpokenBy(turns, 'both')
  if (spoken === null) return 'no-evidence'
  return supportOf(spoken.speech, item.text) === 'full' ? withClosedItem(record, item.id, parts.now) : 'unsupported'
}

function markLearnt (record: CallerRecord, { conversationId, now }: LearningParts): CallerRecord {
  const call = findCall(record, { conversationId, callSid: null })
  if (call === undefined || !isInFull(call)) return record
  const calls = record.calls.map((each) => each.number === call.number ? { ...each, learnt_at: now } : each)
  return { ...record, calls }
}

interface SpokenTurns {
  texts: string[]
  speech: Speech
}

/** The turns with these numbers, of the caller or of both sides; null when there are none. */
type TurnsSpokenBy = (numbers: readonly number[], by: 'user' | 'both') => SpokenTurns | null

/** Cached, because many operations name the same turns. */
function indexTurns (turns: Turn[]): TurnsSpokenBy {
  const cache = new Map<string, SpokenTurns | null>()
  return (numbers, by) => {
    const named = new Set(numbers)
    const found = turns.filter(({ number, role, text }) => named.has(number) && (by === 'both' || role === 'user') &&
      // A turn that repeats the fence of our own prompt is no evidence.
      !text.includes('caller_record'))
    const key = found.map(({ number }) => number).join()
    const cached = cache.get(key)
    if (cached !== undefined) return cached
    const texts = found.map(({ text }) => text)
    const spoken = texts.length === 0 ? null : { texts, speech: speechOf(texts) }
    cache.set(key, spoken)
    return spoken
  }
}

function cleaned (text: string | null, mask: (text: string) => string): DropReason | { text: string } {
  if (text === null || text.length > MAX_WRITTEN_CHARS) return 'malformed'
  const line = defuse(mask(text), MAX_LEARNT_CHARS + 1)
  if (line === '' || line.length > MAX_LEARNT_CHARS) return 'malformed'
  if (readsLikeAnOrder(line)) return 'instruction'
  return MASKED.test(line) ? 'sensitive' : { text: line }
}

/** Masked again: a number that was spread over several turns may be complete here. */
function quoted (texts: string[], mask: (text: string) => string): string {
  return defuse(mask(texts.join(' … ')), MAX_EVIDENCE_CHARS)
}

function createCounter<K extends string> () {
  const counts: Partial<Record<K, number>> = {}
  return { counts, add: (name: K, count = 1) => { if (count > 0) counts[name] = (counts[name] ?? 0) + count } }
}
