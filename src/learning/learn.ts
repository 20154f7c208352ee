/**
 * Turns a model's answer into changes of a record. The answer is never trusted: what does not stand up to the transcript and
 * the record is dropped, and counted by reason.
 */
import type { CallerRecord, Fact, Turn } from '../../schemas/caller-record.ts'
import type { FactOperation, ModelAnswer, OpenItemOperation } from '../../schemas/model-answer.ts'
import { activeRecord, type Change } from '../caller/caller.ts'
import { findCall, isInFull, isLatest } from '../caller/calls.ts'
import { isCurrentFact } from '../caller/facts.ts'
import { findJob, withoutJob } from '../caller/learning-jobs.ts'
import { isOpen, withClosedItem, withOpenItem } from '../caller/open-items.ts'
import { languageFrom, nameFrom, withLearntProfile } from '../caller/profile.ts'
import { defuse } from '../prompt/untrusted.ts'
import { isSpokenOf, speechOf, supportOf, type Speech } from './evidence.ts'
import { readsLikeAnOrder } from './instruction.ts'
import { addLearnt, replaceFact, retireFact, type Learnt, type LearntOutcome } from './learnt-facts.ts'
import { normalized, sameNormalized } from './same-fact.ts'
import { wordsOf } from './words.ts'

/** Operations on facts, and on open items, that one call may bring. */
export const MAX_OPERATIONS = 20
export const MAX_ITEM_OPERATIONS = 10

/** Characters of a learnt sentence, and of the words quoted for it. */
export const MAX_LEARNT_CHARS = 300
export const MAX_EVIDENCE_CHARS = 1000

/**
 * Why something was dropped:
 *
 * - `malformed`: it is not of the form that was asked for, or too long
 * - `too-many`: beyond {@link MAX_OPERATIONS} or {@link MAX_ITEM_OPERATIONS}
 * - `unknown-id`: no fact that holds, or open item, has this id
 * - `no-evidence`: none of the turns that it names is the caller's
 * - `unsupported`: the words there have nothing of it; or not enough, for the end of a fact and for open items, which
 *   cannot wait for the operator
 * - `instruction`: it speaks to the agent, not about the caller
 * - `sensitive`: it is about a number that was masked
 * - `protected`: it would end what the operator wrote or pinned
 * - `unsure`: it would end a fact, and the model is not sure
 * - `outdated`: a fact that was said later says otherwise
 * - `refused`: the operator has rejected it before
 * - `no-room`: there are as many facts as may be, and all others are worth more
 */
export type DropReason =
  | 'malformed' | 'too-many' | 'unknown-id' | 'no-evidence' | 'unsupported' | 'instruction' | 'sensitive' | 'protected' | 'unsure' | 'outdated' | 'refused' | 'no-room'

/** What a call brought, in numbers. */
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
  /** What of the answer could not be read. */
  malformed: number
  /** What was said, as the model was given it. */
  turns: Turn[]
  /** When the call ended, ISO 8601. */
  saidAt: string
  /** 0 to 1: what the model is less sure of waits for the operator. */
  minConfidence: number
  /** A text without the caller's number, and without what else must not stay. */
  mask: (text: string) => string
  /** One for each operation on a fact, then one for each on an open item. */
  ids: readonly string[]
  /** ISO 8601. */
  now: string
}

/** Characters of what the model wrote for a sentence that are looked at. */
const MAX_WRITTEN_CHARS = 2000

/** What stands in place of a number. A sentence around it says nothing that helps. */
const MASKED = /\[(?:number|card number|social security number|IBAN)\]/

/** Learns from a call; null when there is nothing to learn any more: the caller was erased, or it was done before. */
export function learn (parts: LearningParts): Change<Learnings | null> {
  return (caller) => {
    const record = activeRecord(caller)
    if (record === null || findJob(record, parts.conversationId) === undefined) return { caller, result: null }
    const drop = createCounter<DropReason>()
    const turnsSpokenBy = listener(parts.turns)
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

function learnFacts (record: CallerRecord, parts: LearningParts, hear: Hear, drop: Drop) {
  const counts = { added: 0, superseded: 0, retired: 0, pending: 0, repeated: 0 }
  const { operations } = parts.answer
  drop('too-many', Math.max(0, operations.length - MAX_OPERATIONS))
  let facts = record.facts
  operations.slice(0, MAX_OPERATIONS).forEach((operation, n) => {
    const step = stepOf(facts, operation, parts, hear, parts.ids[n]!)
    if (typeof step === 'string') return drop(step)
    facts = step.facts
    if (step.outcome === 'outdated' || step.outcome === 'refused' || step.outcome === 'no-room') return drop(step.outcome)
    counts[step.outcome]++
  })
  return { facts, counts }
}

/** The facts after one operation, or why it is dropped. */
function stepOf (facts: Fact[], operation: FactOperation, parts: LearningParts, hear: Hear, id: string): DropReason | { facts: Fact[], outcome: LearntOutcome | 'retired' } {
  const { now, minConfidence, saidAt } = parts
  const former = operation.op === 'add' ? null : facts.find((fact) => fact.id === operation.fact_id && isCurrentFact(fact, now))
  if (former === undefined) return 'unknown-id'
  const heard = hear(operation.turns, 'user')
  if (heard === null) return 'no-evidence'

  if (operation.op === 'retire') {
    // Whatever is said of it: of a dog that died people say neither that they have one nor that they have none.
    if (former === null || !isSpokenOf(heard.speech, former.text)) return 'unsupported'
    if (former.created_at > saidAt) return 'outdated'
    if (operation.confidence < minConfidence) return 'unsure'
    const retired = retireFact(facts, former, now)
    return retired === null ? 'protected' : { facts: retired, outcome: 'retired' }
  }
  const written = sentence(operation.text, parts.mask)
  if (typeof written === 'string') return written
  const { text } = written
  const support = supportOf(heard.speech, text)
  if (support === 'none') return 'unsupported'
  const learnt: Learnt = {
    id, text, source: 'call', evidence: quoted(heard.spoken, parts.mask), conversationId: parts.conversationId, saidAt, category: operation.category, confidence: operation.confidence
  }
  const circumstances = { now, isSure: support === 'full' && operation.confidence >= minConfidence }
  return former === null ? addLearnt(facts, learnt, circumstances) : replaceFact(facts, former, learnt, circumstances)
}

/** Each word of a name has to be spoken: its frame words are none, and there are names that are words elsewhere. */
function learnProfile (record: CallerRecord, { answer, conversationId, minConfidence }: LearningParts, hear: Hear, drop: Drop): CallerRecord {
  const { caller_name: claim, language } = answer
  const name = claim === null || readsLikeAnOrder(claim.value) ? null : nameFrom(claim.value)
  if (claim !== null && name === null) drop('malformed')
  const heard = claim === null ? null : hear(claim.turns, 'user')
  const spoken = new Set(heard?.spoken.flatMap(wordsOf))
  const isSpoken = name !== null && wordsOf(name).every((word) => spoken.has(word))
  if (name !== null && !isSpoken) drop('unsupported')
  return withLearntProfile(record, {
    callerName: isSpoken && claim !== null && claim.confidence >= minConfidence ? name : null,
    language: language === null ? null : languageFrom(language)
  }, isLatest(record, conversationId))
}

function learnItems (record: CallerRecord, parts: LearningParts, hear: Hear, drop: Drop) {
  const operations = parts.answer.open_items
  drop('too-many', Math.max(0, operations.length - MAX_ITEM_OPERATIONS))
  let changed = record
  const counts = { opened: 0, closed: 0 }
  operations.slice(0, MAX_ITEM_OPERATIONS).forEach((operation, n) => {
    const next = operation.op === 'close' ? closed(changed, operation, parts, hear) : opened(changed, operation, parts, hear, parts.ids[parts.answer.operations.length + n]!)
    if (typeof next === 'string') return drop(next)
    // What is open already is not opened again.
    if (next !== changed) counts[operation.op === 'close' ? 'closed' : 'opened']++
    changed = next
  })
  return { record: changed, ...counts }
}

/** A promise is as good when the agent made it: words of either side count. */
function opened (record: CallerRecord, { text, turns }: OpenItemOperation, parts: LearningParts, hear: Hear, id: string): CallerRecord | DropReason {
  const written = sentence(text, parts.mask)
  if (typeof written === 'string') return written
  const { text: said } = written
  const heard = hear(turns, 'both')
  if (heard === null) return 'no-evidence'
  if (supportOf(heard.speech, said) !== 'full') return 'unsupported'
  const meant = normalized(said)
  if (record.open_items?.some((item) => isOpen(item) && sameNormalized(normalized(item.text), meant)) === true) return record
  return withOpenItem(record, { id, text: said, evidence: quoted(heard.spoken, parts.mask), conversation_id: parts.conversationId, created_at: parts.saidAt, closed_at: null })
}

/** What is closed has to be spoken of. */
function closed (record: CallerRecord, { item_id: itemId, turns }: OpenItemOperation, parts: LearningParts, hear: Hear): CallerRecord | DropReason {
  const item = record.open_items?.find(({ id }) => id === itemId)
  if (item === undefined || !isOpen(item)) return itemId === null ? 'malformed' : 'unknown-id'
  const heard = hear(turns, 'both')
  if (heard === null) return 'no-evidence'
  return supportOf(heard.speech, item.text) === 'full' ? withClosedItem(record, item.id, parts.now) : 'unsupported'
}

function markLearnt (record: CallerRecord, { conversationId, now }: LearningParts): CallerRecord {
  const call = findCall(record, { conversationId, callSid: null })
  if (call === undefined || !isInFull(call)) return record
  return { ...record, calls: record.calls.map((each) => each.number === call.number ? { ...each, learnt_at: now } : each) }
}

/** What was said in some turns, ready to look claims up in. */
interface SpokenTurns {
  spoken: string[]
  speech: Speech
}

/** What was said in these turns by the caller, or by either side; null when it is nothing. */
type Hear = (numbers: readonly number[], whose: 'user' | 'both') => SpokenTurns | null

/** Many operations rest on the same turns: what was said there is taken apart once. */
function listener (turns: Turn[]): Hear {
  const known = new Map<string, SpokenTurns | null>()
  return (numbers, whose) => {
    const named = new Set(numbers)
    // What repeats the frame of our own prompt is not the caller's word.
    const meant = turns.filter(({ number, role, text }) => named.has(number) && (whose === 'both' || role === 'user') && !text.includes('caller_record'))
    const key = meant.map(({ number }) => number).join()
    const before = known.get(key)
    if (before !== undefined) return before
    const spoken = meant.map(({ text }) => text)
    const heard = spoken.length === 0 ? null : { spoken, speech: speechOf(spoken) }
    known.set(key, heard)
    return heard
  }
}

/** What the model wrote as one line that may be stored and told, or why it may not. */
function sentence (text: string | null, mask: (text: string) => string): DropReason | { text: string } {
  if (text === null || text.length > MAX_WRITTEN_CHARS) return 'malformed'
  const line = defuse(mask(text), MAX_LEARNT_CHARS + 1)
  if (line === '' || line.length > MAX_LEARNT_CHARS) return 'malformed'
  if (readsLikeAnOrder(line)) return 'instruction'
  return MASKED.test(line) ? 'sensitive' : { text: line }
}

/** Masked once more: a number that was spread over several turns stands together here. */
function quoted (spoken: string[], mask: (text: string) => string): string {
  return defuse(mask(spoken.join(' … ')), MAX_EVIDENCE_CHARS)
}

function createCounter<K extends string> () {
  const counts: Partial<Record<K, number>> = {}
  return { counts, add: (name: K, count = 1) => { if (count > 0) counts[name] = (counts[name] ?? 0) + count } }
}
