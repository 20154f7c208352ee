/** Whether what a fact claims can rest on what somebody said. */
import { clausesOf, NEGATIONS } from './clauses.ts'
import { contentWords, isEnglish } from './content-words.ts'
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
  /** For each clause, whether it is negated. */
  isNegated: boolean[]
  /** In which clauses each word is. */
  clausesWith: ReadonlyMap<string, readonly number[]>
}

export type Support = 'none' | 'partial' | 'full'

/**
 * How far what somebody said supports a claim:
 *
 * - `none`: not one of its content words was said, and no number of three digits or more; or one of its numbers was not
 * - `partial`: something of it was said, but less than half of its content words; or what was said is negated and the
 *   claim is not, or the other way round
 * - `full`: at least half of it was said, and as the claim has it; for a claim that is not English, anything of it
 *
 * Words may differ in their ending; a number may come in parts ("12 34" for 1234) or as words. What is said with frame
 * words alone, "yes" among them, supports nothing; so do no words at all.
 *
 * That the words are there does not make the claim true: who said it, and of whom, is not looked at.
 */
export function supportOf (speech: Speech, claim: string): Support {
  const { said, isEnough } = spokenPart(speech, claim)
  if (said === 0) return 'none'
  return isEnough && agrees(speech, claim) ? 'full' : 'partial'
}

/** Whether enough of a claim was said for full support, whatever was said of it. */
export function isSpokenOf (speech: Speech, claim: string): boolean {
  const { said, isEnough } = spokenPart(speech, claim)
  return said > 0 && isEnough
}

/** @param spoken - what was said, in order */
export function speechOf (spoken: readonly string[]): Speech {
  const words = spoken.flatMap(wordsOf)
  const byBeginning = new Map<string, Set<string>>()
  for (const word of words.map(wordItself)) {
    const beginning = word.slice(0, SHORTEST_BEGINNING)
    byBeginning.set(beginning, (byBeginning.get(beginning) ?? new Set()).add(word))
  }
  const clauses = spoken.flatMap(clausesOf)
  const clausesWith = new Map<string, number[]>()
  for (const [at, clause] of clauses.entries()) {
    for (const word of new Set(clause.words.map(wordItself))) {
      const known = clausesWith.get(word)
      if (known === undefined) clausesWith.set(word, [at])
      else known.push(at)
    }
  }
  return {
    words: byBeginning,
    numbers: numberRows(words).map((row) => ({ digits: row.join(''), bounds: boundsOf(row) })),
    isNegated: clauses.map(({ isNegated }) => isNegated),
    clausesWith
  }
}

/**
 * How many of the content words and long numbers of a claim were said, and whether that is half of them; none when one
 * of its numbers was not said. In other languages what counts as a word, and as content, is too uncertain to ask for half.
 */
function spokenPart (speech: Speech, claim: string): { said: number, isEnough: boolean } {
  const words = wordsOf(claim)
  const rows = numberRows(words)
  const content = contentWords(words).filter((word) => !NEGATIONS.has(word)).map(wordItself)
  const all = content.length + rows.filter((row) => isTelling(row.join(''))).length
  const isRowSaid = (row: string[]) => row.every((number) => isSaid(number, speech)) || isSaid(row.join(''), speech)
  if (!rows.every(isRowSaid)) return { said: 0, isEnough: false }
  const isToldBy = (number: string) => isTelling(number) && isSaid(number, speech)
  const toldRows = rows.filter((row) => [...row, row.join('')].some(isToldBy))
  const said = content.filter((word) => spokenForms(word, speech).length > 0).length + toldRows.length
  return { said, isEnough: said * 2 >= all || !isEnglish(words) }
}

/**
 * Whether what was said is negated where the claim is, and only there. Each clause of the claim is compared with the
 * clauses of the speech that have the most of its words; all of these have to agree.
 */
function agrees (speech: Speech, claim: string): boolean {
  const words = wordsOf(claim)
  if (!isEnglish(words)) return true
  const content = new Set(contentWords(words))
  return clausesOf(claim).every((clause) => {
    const closest = closestClauses(speech, clause.words, content)
    return closest.every((at) => speech.isNegated[at] === clause.isNegated)
  })
}

/** The clauses with the most of these words, at least one content word among them. */
function closestClauses (speech: Speech, words: string[], content: ReadonlySet<string>): number[] {
  const shared = new Map<number, number>()
  const telling = new Set<number>()
  for (const word of new Set(words)) {
    if (NEGATIONS.has(word)) continue
    const clauses = new Set(spokenForms(wordItself(word), speech).flatMap((form) => speech.clausesWith.get(form) ?? []))
    for (const at of clauses) {
      shared.set(at, (shared.get(at) ?? 0) + 1)
      if (content.has(word.replace(/'s$/, ''))) telling.add(at)
    }
  }
  let most = 0
  for (const at of telling) most = Math.max(most, shared.get(at) ?? 0)
  return [...telling].filter((at) => shared.get(at) === most)
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

/** The forms of a word that were said. */
function spokenForms (word: string, { words }: Speech): string[] {
  return [...words.get(word.slice(0, SHORTEST_BEGINNING)) ?? []].filter((said) => said === word || areForms(word, said))
}

function wordItself (word: string): string {
  return word === 'has' ? 'have' : stem(word.replace(/'s$/, ''))
}

function areForms (one: string, other: string): boolean {
  const longer = Math.max(one.length, other.length)
  let shared = 0
  while (shared < longer && one[shared] === other[shared]) shared++
  if (longer - shared > ENDING_LETTERS) return false
  return shared >= SHARED_LETTERS || (shared >= SHORTEST_BEGINNING && shared === Math.min(one.length, other.length))
}
