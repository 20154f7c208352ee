/** What turns of a call say about each other: questions and answers, what is taken back, and who speaks. */
import type { Turn } from '../../schemas/caller-record.ts'
import { loadDates, type ParseDates } from '../language/languages.ts'
import { matchesIn } from '../matches.ts'
import { ANY_MASK } from '../redaction/masks.ts'
import { clausesOf, hasPhrase } from './clauses.ts'
import { languageOf, type ComparedLanguage } from './languages.ts'
import { wordsOf } from './words.ts'

/** Null when it is none of ours. */
export function callLanguage (turns: ReadonlyArray<Pick<Turn, 'text'>>): ComparedLanguage | null {
  return languageOf(turns.flatMap(({ text }) => wordsOf(text)))
}

/** Finds dates in the language of a call; none in a language that is none of ours. */
export async function loadCallDates (turns: ReadonlyArray<Pick<Turn, 'text'>>): Promise<ParseDates> {
  return await loadDates(callLanguage(turns)?.code ?? 'und')
}

/** With a mark in place of each mask, so that nothing is learnt from its name. */
export function withoutMasks (text: string): string {
  return text.replace(ANY_MASK, '…')
}

/** Whether a name is that of a mask in a text, such as "Name" of "[NAME]". */
export function isOfMask (name: string, text: string): boolean {
  const masked = matchesIn(ANY_MASK, text).flatMap(([mask]) => wordsOf(mask.replace(/_/g, ' ')))
  const words = wordsOf(name)
  return words.length > 0 && words.every((word) => masked.includes(word))
}

/** A question word stands among so many first words. */
const QUESTION_WORDS = 4

/**
 * The agent's questions that these turns of the caller answer, if they ask for more than a yes. What a yes agrees to is
 * the agent's statement.
 */
export function questionsBefore (
  numbers: readonly number[], turns: readonly Turn[], language: ComparedLanguage | null
): string[] {
  if (language === null) return []
  return turns.flatMap((turn, at) => {
    const next = turns[at + 1]
    if (turn.role !== 'agent' || next?.role !== 'user' || !numbers.includes(next.number)) return []
    return turn.text.split(/(?<=[.!?])\s+/).filter((sentence) =>
      sentence.trim().endsWith('?') &&
      wordsOf(sentence).slice(0, QUESTION_WORDS).some((word) => language.questionWords.has(word)))
  })
}

/** How many turns of the caller a "forget it" reaches back. */
const TAKEN_BACK_TURNS = 2

/** Whether the caller takes back what they said in these turns. */
export function isTakenBack (
  numbers: readonly number[], turns: readonly Turn[], language: ComparedLanguage | null
): boolean {
  if (language === null) return false
  const callers = turns.filter(({ role }) => role === 'user')
  const last = callers.findLastIndex(({ number }) => numbers.includes(number))
  return callers.slice(last + 1, last + 1 + TAKEN_BACK_TURNS).some(({ text }) => {
    const words = wordsOf(text)
    return language.retractions.some((phrase) => hasPhrase(words, phrase))
  })
}

/** In how many turns somebody else says who they are. */
const FIRST_TURNS = 3

/**
 * Whether somebody else speaks on the caller's phone: they say another name, or that they are not the caller, and how
 * they are related.
 */
export function isAnotherSpeaker (
  turns: readonly Turn[], callerName: string | null, claimedName: string | null, language: ComparedLanguage | null
): boolean {
  if (language === null || callerName === null) return false
  const known = wordsOf(callerName)
  const claimed = claimedName === null ? [] : wordsOf(claimedName)
  if (claimed.some((word) => known.includes(word))) return false
  return turns.filter(({ role }) => role === 'user').slice(0, FIRST_TURNS).some(({ text }) => {
    const words = wordsOf(text)
    const isRelated = words.some((word) => language.relations.test(word))
    const saysName = claimed.length > 0 && claimed.every((word) => words.includes(word))
    const isDenied = clausesOf(text, language).some((clause) =>
      clause.isNegated && clause.words.some((word) => known.includes(word.replace(/'s$/, ''))))
    return isRelated && (saysName || isDenied)
  })
}

/** Whether a sentence says that it is about somebody else: by that name, or how they are related. */
export function wordsOfOthers (name: string, text: string, language: ComparedLanguage | null): boolean {
  const words = wordsOf(text)
  const names = wordsOf(name)
  return words.some((word) => names.includes(word) || language?.relations.test(word) === true)
}
