/** Splits text into clauses, and finds those that are negated, uncertain or about others. There is no grammar. */
import type { ComparedLanguage } from './languages.ts'
import { wordsOf } from './words.ts'

export interface Clause {
  words: string[]
  isNegated: boolean
  /** It depends on an "if", or has a "maybe". */
  isHypothetical: boolean
  /** It names a relation of the caller ("my sister"), or says "he" or "she" after one was named. */
  isAboutOthers: boolean
  /** What the speaker says instead: "Tuesday. No, Wednesday." Empty if they do not correct themselves. */
  correctedTo: readonly string[]
}

/** Not the dots of "…", "a.m.", "Mr." and "3. Mai". */
const SENTENCE_END = /(?<=[^\s.]{2}\.|[!?;])(?<!\b(?:mr|mrs|ms|dr|st|sr|sra|hr|fr|dott)\.)\s+|\n+/i

/** A sentence is split here. */
const PART_END = /[,:()—–]|\s-+\s/

const QUESTION = /\?\s*$/

/**
 * A "no" that answers a question is left out, unless the question comes just before it: "Nuts? No." is one negated
 * clause. If it is unclear whether a clause ends, it does not: a negation then reaches further.
 */
export function clausesOf (text: string, language: ComparedLanguage): Clause[] {
  const sentences = text.replace(/[’ʼ]/g, "'").split(SENTENCE_END)
  let wasAboutOthers = false
  return sentences.flatMap((sentence, n) => {
    const next = sentences[n + 1] ?? ''
    const isQuestion = QUESTION.test(sentence)
    const isDenied = isQuestion && language.answers.has(wordsOf(next)[0] ?? '')
    const isCorrected = !isQuestion && startsCorrection(next, language)
    const correctedTo = isCorrected ? wordsOf(sentences.slice(n + 1, n + 3).join(' ')) : []
    let isUnder = false
    return clauseWords(sentence, language).map((words) => {
      if (language.dividers.has(words[0]!)) isUnder = false
      isUnder ||= isUnderIf(words, language)
      const isAboutOthers = isAboutRelation(words, language) ||
        (wasAboutOthers && words.slice(0, 2).some((word) => language.others.has(word)))
      wasAboutOthers ||= words.some((word) => language.relations.test(word))
      return {
        words,
        isNegated: isDenied || words.some((word) => language.negations.has(word)),
        isHypothetical: isUnder || language.maybes.some((phrase) => hasPhrase(words, phrase)),
        isAboutOthers,
        correctedTo
      }
    })
  })
}

/** Whether a sentence begins with a "no" and a comma, or with "sorry" and no excuse, and answers no question. */
function startsCorrection (
  sentence: string, { fillers, links, answers, corrections, excuses }: ComparedLanguage
): boolean {
  if (QUESTION.test(sentence)) return false
  const parts = sentence.split(PART_END).map(wordsOf)
  const words = parts[0]!
  const start = words.slice(words.findIndex((word) => !fillers.has(word) && !links.has(word)))
  if (start.join(' ') === [...answers][0]) return true
  const begins = (phrase: string) => [words, start].some((some) => `${some.join(' ')} `.startsWith(`${phrase} `))
  // "Sorry, the line is bad", "Sorry for the noise"; not "Sorry, for the seventh".
  const isExcuse = parts.slice(0, 2).some((part) => excuses.some((phrase) => hasPhrase(part, phrase)))
  return corrections.some(begins) && !isExcuse
}

export function hasPhrase (words: readonly string[], phrase: string): boolean {
  return ` ${words.join(' ')} `.includes(` ${phrase} `)
}

/** "My sister is ill", "I have a sister who is ill"; not "I work with my sister" or "my sister and I". */
function isAboutRelation (words: string[], { relations, self, relatives, links }: ComparedLanguage): boolean {
  const at = words.findIndex((word) => relations.test(word))
  if (at === -1) return false
  const isSelf = (word: string) => self.has(word.replace(/'.*$/, ''))
  const isBoth = words.some((word, n) => n > at && isSelf(word) && links.has(words[n - 1]!))
  return !(words.slice(0, at).some(isSelf) || isBoth) || words.slice(at).some((word) => relatives.has(word))
}

function isUnderIf (words: string[], { ifs, polite, irrealis }: ComparedLanguage): boolean {
  const at = words.findIndex((word) => ifs.has(word))
  if (at === -1 || polite.has(words[at + 1] ?? '')) return false
  return at <= 1 || words.some((word) => irrealis.test(word))
}

function clauseWords (sentence: string, language: ComparedLanguage): string[][] {
  const { dividers, links, asides } = language
  const clauses: string[][] = [[]]
  for (const part of sentence.split(PART_END).map(wordsOf)) {
    const isFirst = clauses[0]?.length === 0
    if (!isFirst && asides.includes(part.join(' '))) continue
    const words = isFirst ? withoutAnswer(part, language) : part
    for (const [at, word] of words.entries()) {
      const begins = at === 0
        ? beginsClause(words, language) && !isReport(clauses.at(-1)!, language)
        : dividers.has(word) || (links.has(word) && isStart(words[at + 1], language))
      if (begins && !(isFirst && at === 0)) clauses.push([])
      clauses.at(-1)?.push(word)
    }
  }
  return clauses.filter((words) => words.length > 0)
}

/** "My neighbour says": what comes after the comma is said by the neighbour. */
function isReport (words: string[], language: ComparedLanguage): boolean {
  return language.reports.test(words.at(-1) ?? '') && isAboutRelation(words, language)
}

/** Whether the words after a comma are a clause, not the next item of a list. "Nuts, no" is one clause. */
function beginsClause ([first = '', second]: string[], language: ComparedLanguage): boolean {
  if (language.dividers.has(first)) return true
  return language.links.has(first) ? isStart(second, language) : isStart(first, language) && second !== undefined
}

/** "It's" is "it" and something. */
function isStart (word: string | undefined, { subjects, negations }: ComparedLanguage): boolean {
  if (word === undefined) return false
  return subjects.has(word.replace(/'.*$/, '')) || negations.has(word)
}

/** Drops a "no" that answers a question from the start of a sentence. */
function withoutAnswer (words: string[], language: ComparedLanguage): string[] {
  const { answers, fillers, afterAnswer, subjects } = language
  const at = words.findIndex((word) => !fillers.has(word))
  const next = words[at + 1]
  const isNo = at !== -1 && words[at] === [...answers][0]
  const isAnswer = isNo && (next === undefined || subjects.has(next.replace(/'.*$/, '')) || afterAnswer.has(next))
  return isAnswer ? withoutAnswer(words.slice(at + 1), language) : words
}
