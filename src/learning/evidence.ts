/** Whether what a fact claims can rest on what somebody said. */
import { contentWords } from './content-words.ts'
import { isNumber, stem, wordsOf } from './words.ts'

/** Digits from which on a number is too particular to be said by chance. */
const TELLING_DIGITS = 3

/** Letters that two forms of a word share at least, and what may follow them: "allergic" and "allergies". */
const SHARED_LETTERS = 5
const ENDING_LETTERS = 3

/** Letters of a word that may be the beginning of another: "Hund" and "Hunde". */
const SHORTEST_BEGINNING = 4

/** What somebody said, made ready for many claims. */
export interface Speech {
  /** Every word once, by its first letters: words of one form share those. */
  words: ReadonlyMap<string, ReadonlySet<string>>
  /** Numbers that were said one after the other, and where in their digits one begins or ends. */
  numbers: Array<{ digits: string, bounds: ReadonlySet<number> }>
}

/**
 * Whether somebody spoke of what a claim says: at least one of its content words, or a number of three digits or more,
 * and all of its numbers. Words may differ in their ending; a number may come in parts ("12 34" for 1234) or as words.
 * What is said with frame words alone, "yes" among them, supports nothing; so do no words at all.
 *
 * It tells claims that came from nowhere, no more: that the words are there does not make the claim true.
 *
 * @param spoken - what was said, in order
 */
export function isSupported (claim: string, spoken: readonly string[]): boolean {
  return supports(speechOf(spoken), claim)
}

/** What {@link supports} looks a claim up in, made once for many claims. */
export function speechOf (spoken: readonly string[]): Speech {
  const words = spoken.flatMap(wordsOf)
  const byBeginning = new Map<string, Set<string>>()
  for (const word of words.map(wordItself)) {
    const beginning = word.slice(0, SHORTEST_BEGINNING)
    byBeginning.set(beginning, (byBeginning.get(beginning) ?? new Set()).add(word))
  }
  return { words: byBeginning, numbers: numberRows(words).map((row) => ({ digits: row.join(''), bounds: boundsOf(row) })) }
}

/** {@link isSupported} for speech that is at hand. */
export function supports (speech: Speech, claim: string): boolean {
  const words = wordsOf(claim)
  const rows = numberRows(words)
  if (!rows.every((row) => row.every((number) => isSaid(number, speech)) || isSaid(row.join(''), speech))) return false
  const isTold = rows.some((row) => [...row, row.join('')].some((number) => isTelling(number) && isSaid(number, speech)))
  return isTold || contentWords(words).some((word) => isSpoken(wordItself(word), speech))
}

/** Numbers that stand next to each other. */
function numberRows (words: string[]): string[][] {
  const rows: string[][] = []
  for (const [at, word] of words.entries()) {
    if (!isNumber(word)) continue
    if (at > 0 && isNumber(words[at - 1]!)) rows.at(-1)!.push(word)
    else rows.push([word])
  }
  return rows
}

/** Where in the digits of a row a number begins or ends. */
function boundsOf (row: string[]): ReadonlySet<number> {
  let end = 0
  return new Set([0, ...row.map((number) => (end += number.length))])
}

/** Whether one number, or several in a row, are written like `number`. */
function isSaid (number: string, { numbers }: Speech): boolean {
  return numbers.some(({ digits, bounds }) => {
    for (let at = digits.indexOf(number); at !== -1; at = digits.indexOf(number, at + 1)) {
      if (bounds.has(at) && bounds.has(at + number.length)) return true
    }
    return false
  })
}

function isTelling (number: string): boolean {
  return number.replace(/\D/g, '').length >= TELLING_DIGITS
}

function isSpoken (word: string, { words }: Speech): boolean {
  const alike = words.get(word.slice(0, SHORTEST_BEGINNING))
  if (alike === undefined) return false
  if (alike.has(word)) return true
  for (const said of alike) if (areForms(word, said)) return true
  return false
}

function wordItself (word: string): string {
  return stem(word.replace(/'s$/, ''))
}

function areForms (one: string, other: string): boolean {
  const longer = Math.max(one.length, other.length)
  let shared = 0
  while (shared < longer && one[shared] === other[shared]) shared++
  if (longer - shared > ENDING_LETTERS) return false
  return shared >= SHARED_LETTERS || (shared >= SHORTEST_BEGINNING && shared === Math.min(one.length, other.length))
}
