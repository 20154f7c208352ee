/** English text in clauses, each with whether it is negated: told by its words alone, without a grammar. */
import { wordsOf } from './words.ts'

export interface Clause {
  /** Of `wordsOf`, in order. */
  words: string[]
  isNegated: boolean
}

/** Words that leave something out: "without sugar", "everything except nuts". They begin a clause. */
const EXCLUSIONS = ['without', 'except', 'instead']

/** Words that negate their whole clause. `wordsOf` makes "not" of "don't", "can't" and the like. */
export const NEGATIONS: ReadonlySet<string> = new Set([
  'not', 'no', 'never', 'none', 'nothing', 'nobody', 'nowhere', 'neither', 'nor', ...EXCLUSIONS
])

/** They always begin a clause. */
const DIVIDERS: ReadonlySet<string> = new Set(['but', 'because', 'although', 'though', 'whereas', ...EXCLUSIONS])

/** They begin one when a subject or a negation follows: "and I have", "and no nuts", but not "tea and coffee". */
const LINKS: ReadonlySet<string> = new Set(['and', 'or', 'so', 'while'])

const SUBJECT = /^(?:i|we|you|he|she|it|they|there|that|this)(?:'|$)/

/** What may stand before "no" as an answer, and what follows it only then: "no nuts" is another "no". */
const FILLERS: ReadonlySet<string> = new Set([
  'oh', 'well', 'uh', 'um', 'er', 'ah', 'yes', 'yeah', 'ok', 'okay', 'sorry', 'and', 'but', 'hi', 'hello'
])
const AFTER_ANSWER: ReadonlySet<string> = new Set([
  'no', 'not', 'nope', 'thanks', 'thank', 'please', 'sorry', 'wait', 'actually', 'just', 'yes', 'the', 'a', 'an', 'my',
  'our', 'his', 'her', 'their', 'your', 'but', 'and', 'because'
])

/** What people put between commas in the middle of a clause: "I am not, you know, allergic". */
const ASIDES: ReadonlySet<string> = new Set([
  'you know', 'you see', 'i mean', 'i think', 'i guess', 'i believe', 'i suppose', "i'm afraid", 'as far as i know'
])

/** Where a sentence ends: not at the dots of "…", "a.m." and "Mr." */
const SENTENCE_END = /(?<=[^\s.]{2}\.|[!?;])(?<!\b(?:mr|mrs|ms|dr|st)\.)\s+|\n+/i

const ANSWERS_NO = /^(?:no|nope|nah|not|never)\b/i

/**
 * The clauses of `text`. "No" as an answer is left out, but for one to a question just before it: "Nuts? No." is one
 * negated clause. Where it is not clear where a clause ends, it goes on: what follows then counts as negated, too.
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

/** Whether what stands behind a comma is a clause of its own, and no more of a list. "Nuts, no" is one clause. */
function beginsClause ([first = '', second]: string[]): boolean {
  if (DIVIDERS.has(first)) return true
  return LINKS.has(first) ? isStart(second) : isStart(first) && second !== undefined
}

function isStart (word: string | undefined): boolean {
  return word !== undefined && (SUBJECT.test(word) || NEGATIONS.has(word))
}

/** The first words of a sentence without a "no" that answers something. */
function withoutAnswer (words: string[]): string[] {
  const at = words.findIndex((word) => !FILLERS.has(word))
  const next = words[at + 1]
  const isAnswer = words[at] === 'no' && (next === undefined || SUBJECT.test(next) || AFTER_ANSWER.has(next))
  return isAnswer ? withoutAnswer(words.slice(at + 1)) : words
}
