/** The tools have the last word about a call: its end, and learning from it, do not undo what they did. */
import type { Call, CallerRecord, Fact } from '../../schemas/caller-record.ts'
import { compareTimes } from '../time.ts'
import { speechOf, supportOf } from './evidence.ts'
import { isForgotten } from './forgotten.ts'
import { languageOf } from './languages.ts'
import { saysTheSame } from './same-fact.ts'
import { contentWords, stemOf, wordsOf } from './words.ts'

/** What a tool has said about a sentence that is to be learnt: it is settled, or is this fact, or nothing. */
export type Settled = 'settled' | { fact: Fact } | null

/**
 * @param record - with the call
 * @param text - learnt from the call
 */
export function settledByTool (record: CallerRecord, conversationId: string, text: string): Settled {
  const call = callWith(record, conversationId)
  if (call === undefined) return null
  const { started_at: startedAt } = call
  if (isForgotten(text, forgottenSince(record, startedAt))) return 'settled'
  const since = record.facts.filter(({ source, created_at: at }) =>
    source === 'tool' && compareTimes(at, startedAt) >= 0)
  const ids = new Set(since.map(({ id }) => id))
  const corrected = record.facts.filter(({ superseded_by: by }) => by !== null && ids.has(by))
  if (corrected.some((fact) => saysTheSame(fact.text, text))) return 'settled'
  const fact = record.facts.find((fact) =>
    isOfTool(fact, conversationId) && fact.superseded_by === null && addsNothing(text, fact.text))
  return fact === undefined ? null : { fact }
}

/** Whether a tool stored the fact during the call: learning from the same call does not change it. */
export function isOfTool ({ source, conversation_id: id }: Fact, conversationId: string): boolean {
  return source === 'tool' && id === conversationId
}

/**
 * Traces of what was forgotten after a call began, in whatever call: its end and its learning may come later.
 *
 * @param startedAt - of the call, ISO 8601
 */
export function forgottenSince ({ calls }: CallerRecord, startedAt: string): readonly string[] {
  return calls.flatMap((call) => compareTimes(lastForgetOf(call), startedAt) >= 0 ? call.forgotten ?? [] : [])
}

/** The lines of tools have the times; the oldest of many are not kept. */
function lastForgetOf ({ tools = [], started_at: startedAt }: Call): string {
  return tools.findLast(({ outcome }) => outcome === 'forgotten')?.at ?? startedAt
}

function callWith (record: CallerRecord, conversationId: string): Call | undefined {
  return record.calls.find((call) => call.conversation_id === conversationId)
}

/** Whether a fact has all words of a text that count, negated or not as in it. */
function addsNothing (text: string, fact: string): boolean {
  const language = languageOf(wordsOf(text))
  const known = new Set(wordsOf(fact).map((word) => stemOf(word, language)))
  const content = contentWords(wordsOf(text), language).map((word) => stemOf(word, language))
  const numbers = wordsOf(text).filter((word) => /^\d/.test(word))
  if (content.length + numbers.length === 0) return saysTheSame(text, fact)
  return [...content, ...numbers].every((word) => known.has(word)) && supportOf(speechOf([fact]), text) === 'full'
}
