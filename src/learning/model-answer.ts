/** Asks a language model, and parses its answers. Only their form is checked here. */
import type { FactOperation, ModelAnswer, NameClaim, OpenItemOperation } from '../../schemas/model-answer.ts'
import { type Fields, isFields, parseJson } from '../json.ts'
import { ModelAnswerUnusable } from './model-errors.ts'
import type { LearningMessage } from './model-prompt.ts'

export interface ReadAnswer extends ModelAnswer {
  /** How many operations, names and languages were dropped because of their form. */
  malformed: number
}

/** They bound how long reading takes: the text is scanned again from every `{`. */
const MAX_ANSWER_CHARS = 256 * 1024
const MAX_SEARCH_CHARS = 1024 * 1024
const CHARS_A_TRY = 200

const ANSWER_KEYS = ['operations', 'caller_name', 'language', 'open_items']

const CATEGORIES = ['preference', 'person', 'contact', 'situation', 'history', 'other'] as const

/**
 * Asks about one part of a call after the other. The last name and language win. Without parts, the answer is empty.
 *
 * @throws what `ask` throws
 * @throws {ModelAnswerUnusable} one part has no readable answer: half a call is not learnt from
 */
export async function askAll (
  parts: readonly LearningMessage[][], ask: (messages: readonly LearningMessage[]) => Promise<string>
): Promise<ReadAnswer> {
  const all: ReadAnswer = { operations: [], caller_name: null, language: null, open_items: [], malformed: 0 }
  for (const messages of parts) {
    const answer = readAnswer(await ask(messages))
    if (answer === null) throw new ModelAnswerUnusable('it is not the JSON that was asked for, or is cut off')
    all.operations.push(...answer.operations)
    all.caller_name = answer.caller_name ?? all.caller_name
    all.language = answer.language ?? all.language
    all.open_items.push(...answer.open_items)
    all.malformed += answer.malformed
  }
  return all
}

/**
 * The answer may be surrounded by prose or a code fence. The last of several counts, because models that think aloud
 * write drafts. Null when there is no object with a key of an answer, when it or a later object is cut off, or when the
 * text is longer than 256 KB.
 *
 * A missing list is empty; anything else missing or blank is null, as is a day in another form. Unknown keys are
 * dropped. An unknown category is `other`. An operation in the wrong form is dropped and counted.
 */
export function readAnswer (text: string): ReadAnswer | null {
  const fields = answerIn(text)
  if (fields === null) return null

  const operations = listOf(fields['operations']).map(factOperation)
  const openItems = listOf(fields['open_items']).map(openItemOperation)
  const callerName = nameClaim(fields['caller_name'])
  const language = textOrNull(fields['language'])
  return {
    operations: operations.filter((operation) => operation !== undefined),
    caller_name: callerName ?? null,
    language: language ?? null,
    open_items: openItems.filter((operation) => operation !== undefined),
    malformed: [...operations, ...openItems, callerName, language].filter((each) => each === undefined).length
  }
}

/** The last object that is an answer, even inside another object. */
function answerIn (text: string): Fields | null {
  if (text.length > MAX_ANSWER_CHARS) return null
  let found: Fields | null = null
  let charsLeft = MAX_SEARCH_CHARS
  let at = text.indexOf('{')
  while (at !== -1) {
    const end = objectEnd(text, at)
    charsLeft -= (end ?? text.length) - at + CHARS_A_TRY
    if (charsLeft < 0) return null
    const answer = end === null ? null : asAnswer(parseJson(text.slice(at, end)))
    // An object that is cut off may be the answer, and the one before it a draft.
    if (answer !== null || end === null) found = answer
    at = text.indexOf('{', answer === null || end === null ? at + 1 : end)
  }
  return found
}

function asAnswer (value: unknown): Fields | null {
  return isFields(value) && ANSWER_KEYS.some((key) => Object.hasOwn(value, key)) ? value : null
}

/** The end of the object that starts at `start`; null when it is cut off. */
function objectEnd (text: string, start: number): number | null {
  let depth = 0
  let isInString = false
  for (let at = start; at < text.length; at++) {
    const character = text[at]
    if (character === '"') isInString = !isInString
    else if (isInString && character === '\\') at++
    else if (!isInString && character === '{') depth++
    else if (!isInString && character === '}' && --depth === 0) return at + 1
  }
  return null
}

// The functions below return undefined for a value in the wrong form.

function factOperation (value: unknown): FactOperation | undefined {
  if (!isFields(value)) return undefined
  const { op, category, confidence } = value
  const factId = textOrNull(value['fact_id'])
  const text = textOrNull(value['text'])
  const turns = turnNumbers(value['turns'])
  if (op !== 'add' && op !== 'update' && op !== 'retire') return undefined
  if (factId === undefined || text === undefined || turns === undefined || !isConfidence(confidence)) return undefined
  return {
    op,
    fact_id: factId,
    text,
    category: CATEGORIES.find((each) => each === category) ?? 'other',
    confidence,
    turns,
    same_as: textOrNull(value['same_as']) ?? null,
    ...daysOf(value)
  }
}

function openItemOperation (value: unknown): OpenItemOperation | undefined {
  if (!isFields(value)) return undefined
  const { op } = value
  const itemId = textOrNull(value['item_id'])
  const text = textOrNull(value['text'])
  const turns = turnNumbers(value['turns'])
  if (op !== 'open' && op !== 'close') return undefined
  if (itemId === undefined || text === undefined || turns === undefined) return undefined
  return { op, item_id: itemId, text, turns, ...daysOf(value) }
}

/** Null when no name is claimed. */
function nameClaim (value: unknown): NameClaim | null | undefined {
  if (value === undefined || value === null) return null
  if (!isFields(value)) return undefined
  const name = textOrNull(value['value'])
  if (name === null) return null
  const { confidence } = value
  const turns = turnNumbers(value['turns'])
  if (name === undefined || turns === undefined || !isConfidence(confidence)) return undefined
  return { value: name, confidence, turns }
}

/** A day in another form is none: the sentence itself may still be right. */
function daysOf (value: Fields) {
  return { valid_from: dayOrNull(value['valid_from']), valid_until: dayOrNull(value['valid_until']) }
}

function dayOrNull (value: unknown): string | null {
  const [day] = typeof value === 'string' ? /^\d{4}-\d{2}-\d{2}(?=$|T)/.exec(value.trim()) ?? [] : []
  return day === undefined || Number.isNaN(Date.parse(day)) ? null : day
}

/** Some models write a single operation without a list around it. */
function listOf (value: unknown): unknown[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : [value]
}

function textOrNull (value: unknown): string | null | undefined {
  if (value === undefined || value === null) return null
  if (typeof value !== 'string') return undefined
  const text = value.toWellFormed().trim()
  return text === '' ? null : text
}

function turnNumbers (value: unknown): number[] | undefined {
  if (value === undefined || value === null) return []
  return Array.isArray(value) && value.every((turn) => Number.isSafeInteger(turn)) ? value : undefined
}

function isConfidence (value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1
}
