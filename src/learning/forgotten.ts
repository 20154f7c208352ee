/**
 * Traces of what was forgotten during a call. The call end and learning come later and may bring it up again, so it has
 * to be recognised, but must not be kept.
 */
import { hash } from 'node:crypto'
import { languageOf } from './languages.ts'
import { contentWords, isNumber, wordsOf } from './words.ts'

/** Forms of a word share their beginning: "Hund" and "Hunde", "allergic" and "allergies". */
const LETTERS = 4

/** A number with so many digits is not said by chance. */
const DISTINCTIVE_DIGITS = 3

/** Of a hash, 12 bits: a language has some ten words with the same, so the trace does not tell which one it was. */
const HEX_DIGITS = 3

const NUMBER_SIGN = '#'

/** Before words that nearly every text has, as in "That is it": only all of them together count. */
const TOGETHER = '='

/** Hashes of the words that count in a text, with a space between. */
export function traceOf (text: string): string {
  return keysOf(text, hashed).join(' ')
}

function keysOf (text: string, keyOf: (word: string) => string): string[] {
  const words = wordsOf(text)
  const content = [...contentWords(words, languageOf(words)), ...words.filter(isDistinctive)]
  const counting = content.length > 0 ? content : words.filter(isNumber)
  return [...new Set(counting.length > 0 ? counting.map(keyOf) : [TOGETHER, ...words.map(keyOf)])]
}

/**
 * {@link isForgotten} for many texts, while what is forgotten can still be read: most texts have too few of its
 * letters, and their words need not be looked at.
 */
export function forgottenTest (forgotten: readonly string[]): (text: string) => boolean {
  const all = forgotten.map((text) => ({ traces: [traceOf(text)], keys: keysOf(text, keyOf) }))
  return (text) => {
    const plain = text.normalize('NFKC').toLowerCase()
    return all.some(({ traces, keys }) => isEnough(keys, (key) => mayBeIn(plain, key)) && isForgotten(text, traces))
  }
}

/** Letters of scripts with spaces between words, and digits: a word of one kind does not begin amid others. */
const KINDS = [/[a-z\u00df-\u024f\u0370-\u052f]/, /[0-9]/]

const areOneKind = (one = '', other = '') => KINDS.some((kind) => kind.test(one) && kind.test(other))

/** Whether a word with this key may begin somewhere. One that is shorter than others is a whole word. */
function mayBeIn (plain: string, key: string): boolean {
  const letters = lettersOf(key)
  for (let at = plain.indexOf(letters); at >= 0; at = plain.indexOf(letters, at + 1)) {
    const isWhole = key.length >= LETTERS || !areOneKind(letters[0], plain[at + letters.length])
    if (isWhole && !areOneKind(letters[0], plain[at - 1])) return true
  }
  return false
}

/** Whether a text has half of the words of something that was forgotten, or one of its long numbers. */
export function isForgotten (text: string, traces: readonly string[]): boolean {
  if (traces.length === 0) return false
  const said = new Set(wordsOf(text).map(hashed))
  return traces.some((trace) => isEnough(trace.split(' '), (word) => said.has(word)))
}

/** Whether a text has all words of what was forgotten: then it is meant, and not just something like it. */
export function isSaidAgain (text: string, trace: string): boolean {
  const said = new Set(wordsOf(text).map(hashed))
  return trace.split(' ').every((word) => word === TOGETHER || said.has(word))
}

/** The list itself if nothing in it was forgotten. */
export function withoutForgotten<T extends { text: string }> (items: T[], traces: readonly string[]): T[] {
  const rest = items.filter(({ text }) => !isForgotten(text, traces))
  return rest.length === items.length ? items : rest
}

/** Half of the words, or one of the long numbers. */
function isEnough (keys: readonly string[], isFound: (key: string) => boolean): boolean {
  if (keys[0] === TOGETHER) return keys.slice(1).every(isFound)
  const found = keys.filter(isFound)
  return found.length * 2 >= keys.length || found.some((key) => key.startsWith(NUMBER_SIGN))
}

function hashed (word: string): string {
  const key = keyOf(word)
  const bits = hash('sha256', lettersOf(key)).slice(0, HEX_DIGITS)
  return isDistinctive(word) ? `${NUMBER_SIGN}${bits}` : bits
}

/** What the forms of a word have in common. */
function keyOf (word: string): string {
  return isDistinctive(word) ? `${NUMBER_SIGN}${word}` : word.slice(0, LETTERS)
}

function lettersOf (key: string): string {
  return key.startsWith(NUMBER_SIGN) ? key.slice(1) : key
}

function isDistinctive (word: string): boolean {
  return isNumber(word) && word.replace(/\D/g, '').length >= DISTINCTIVE_DIGITS
}
