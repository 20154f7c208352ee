/**
 * Marks of what was forgotten during a call. The call end and learning come later and may bring it up again, so it has
 * to be recognised, but must not be kept.
 */
import { hash } from 'node:crypto'
import { languageOf } from '../learning/languages.ts'
import { contentWords, isNumber, wordsOf } from '../learning/words.ts'

/** Forms of a word share their beginning: "Hund" and "Hunde", "allergic" and "allergies". */
const LETTERS = 4

/** A number with so many digits is not said by chance. */
const DISTINCTIVE_DIGITS = 3

/** Of a hash, 12 bits: a language has some ten words with the same, so the mark does not tell which one it was. */
const HEX_DIGITS = 3

const NUMBER_SIGN = '#'

/** Hashes of the words that count in a text, with a space between. */
export function markOf (text: string): string {
  return [...new Set(countingWords(text).map(hashed))].join(' ')
}

function countingWords (text: string): string[] {
  const words = wordsOf(text)
  const numbers = words.filter(isDistinctive)
  const content = contentWords(words, languageOf(words))
  return content.length + numbers.length === 0 ? words : [...content, ...numbers]
}

/**
 * {@link isForgotten} for many texts, while what is forgotten can still be read: most texts have none of its letters,
 * and their words need not be looked at.
 */
export function forgottenTest (forgotten: readonly string[]): (text: string) => boolean {
  const marks = forgotten.map(markOf)
  const starts = new Set(forgotten.flatMap(countingWords).map((word) => isDistinctive(word) ? word : start(word)))
  const pattern = new RegExp([...starts].map((letters) => letters.replace(/[^\p{L}\p{N}]/gu, '\\$&')).join('|'), 'u')
  return (text) => pattern.test(text.normalize('NFKC').toLowerCase()) && isForgotten(text, marks)
}

/** Whether a text has half of the words of something that was forgotten, or one of its long numbers. */
export function isForgotten (text: string, marks: readonly string[]): boolean {
  if (marks.length === 0) return false
  const said = new Set(wordsOf(text).map(hashed))
  return marks.some((mark) => {
    const words = mark.split(' ')
    const found = words.filter((word) => said.has(word))
    return found.length * 2 >= words.length || found.some((word) => word.startsWith(NUMBER_SIGN))
  })
}

/** The list itself if nothing in it was forgotten. */
export function withoutForgotten<T extends { text: string }> (items: T[], marks: readonly string[]): T[] {
  const rest = items.filter(({ text }) => !isForgotten(text, marks))
  return rest.length === items.length ? items : rest
}

function hashed (word: string): string {
  const isLong = isDistinctive(word)
  const bits = hash('sha256', isLong ? word : start(word)).slice(0, HEX_DIGITS)
  return isLong ? `${NUMBER_SIGN}${bits}` : bits
}

function start (word: string): string {
  return word.slice(0, LETTERS)
}

function isDistinctive (word: string): boolean {
  return isNumber(word) && word.replace(/\D/g, '').length >= DISTINCTIVE_DIGITS
}
