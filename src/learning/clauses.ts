/** Splits English text into clauses and finds negated ones, by their words alone: there is no grammar. */
import { wordsOf } from './words.ts'

export interface Clause {
  words: string[]
  isNegated: boolean
}

/** "Without sugar", "everything except nuts". They start a clause. */
const EXCLUSIONS = ['without', 'except', 'instead']

/** Words that negate their whole clause. `wordsOf` turns "don't", "can't" and the like into "do not", "can not". */
export const NEGATIONS: ReadonlySet<string> = new Set([
  'not', 'no', 'never', 'none', 'nothing', 'nobody', 'nowhere', 'neither', 'nor', ...EXCLUSIONS
])

const DIVIDERS: ReadonlySet<string> = new Set(['but', 'because', 'although', 'though', 'whereas', ...EXCLUSIONS])

/** They start a clause only before a subject or a negation: "and I have", "and no nuts", not "tea and coffee". */
const LINKS: ReadonlySet<string> = new Set(['and', 'or', 'so', 'while'])

const SUBJECT = /^(?:i|we|you|he|she|it|they|there|that|this)(?:'|$)/

/** After these words and before one of {@link AFTER_ANSWER}, "no" answers a question; in "no nuts" it negates. */
const FILLERS: ReadonlySet<string> = new Set([
  'oh', 'well', 'uh', 'um', 'er', 'ah', 'yes', 'yeah', 'ok', 'okay', 'sorry', 'and', 'but', 'hi', 'hello'
])
const AFTER_ANSWER: ReadonlySet<string> = new Set([
  'no', 'not', 'nope', 'thanks', 'thank', 'please', 'sorry', 'wait', 'actually', 'just', 'yes', 'the', 'a', 'an', 'my',
  'our', 'his', 'her', 'their', 'your', 'but', 'and', 'because'
])

/** Asides between commas do not end a clause: "I am not, you know, allergic". */
const ASIDES: ReadonlySet<string> = new Set([
  'you know', 'you see', 'i mean', 'i think', 'i guess', 'i believe', 'i suppose', "i'm afraid", 'as far as i know'
])

/** Not the dots of "…", "a.m." and "Mr." */
const SENTENCE_END = /(?<=[^\s.]{2}\.|[!?;])(?<!\b(?:mr|mrs|ms|dr|st)\.)\s+|\n+/i

const ANSWERS_NO = /^(?:no|nope|nah|not|never)\b/i

/**
 * A "no" that answers a question is left out, unless the question comes just before it: "Nuts? No." is one negated
 * clause. If it is unclear whether a clause ends, it does not: a negation then reaches further.
 */
export function clausesOf (text: string): Clause[] {
  const sentences = text.replace(/[’ʼ]/g, "'").split(SENTENCE_END)
  return sentences.flatMap((sentence, n) => {
    const isDenied = /\?\s*$/.test(sentence) && ANSWERS_NO.test(sentences[n + 1]?.trim() ?? '')
    const isNegated = (words: string[]) => isDenied || words.some((word) => NEGATIONS.has(word))
    return clauseWords(sentence).map((words) => ({ words, isNegated: isNegated(words) }))
  })
}

function clauseWords (sentence: string): string[][] {
  const clauses: string[][] = [[]]
  for (const part of sentence.split(/[,:()—–]|\s-+\s/).map(wordsOf)) {
    const isFirst = clauses[0]?.length === 0
    if (!isFirst && ASIDES.has(part.join(' '))) continue
    const words = isFirst ? withoutAnswer(part) : part
    for (const [at, word] of words.entries()) {
      const begins = at === 0 ? beginsClause(words) : DIVIDERS.has(word) || (LINKS.has(word) && isStart(words[at + 1]))
      if (begins && !(isFirst && at === 0)) clauses.push([])
      clauses.at(-1)?.push(word)
    }
  }
  return clauses.filter((words) => words.length > 0)
}

/** Whether the words after a comma are a clause, not the next item of a list. "Nuts, no" is one clause. */
function beginsClause ([first = '', second]: string[]): boolean {
  if (DIVIDERS.has(first)) return true
  return LINKS.has(first) ? isStart(second) : isStart(first) && second !== undefined
}

function isStart (word: string | undefined): boolean {
  return word !== undefined && (SUBJECT.test(word) || NEGATIONS.has(word))
}

/** Drops a "no" that answers a question from the start of a sentence. */
function withoutAnswer (words: string[]): string[] {
  const at = words.findIndex((word) => !FILLERS.has(word))
  const next = words[at + 1]
  const isAnswer = words[at] === 'no' && (next === undefined || SUBJECT.test(next) || AFTER_ANSWER.has(next))
  return isAnswer ? withoutAnswer(words.slice(at + 1)) : words
}
