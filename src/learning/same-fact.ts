/** Finds near-repeats of facts, without a language model. */
import { matchesIn } from '../matches.ts'
import { languageOf, type ComparedLanguage } from './languages.ts'
import { isNumber, wordsOf } from './words.ts'

/** In order, without silent words. */
export interface NormalizedText {
  language: ComparedLanguage | null
  words: NormalizedWord[]
}

interface NormalizedWord {
  word: string
  /** Whether a word of {@link PREPOSITIONS} came before it. */
  followsPreposition: boolean
  /** Whether it may be a plural. A word with a capital letter is a name, except in English; in German, it is a noun. */
  bends: boolean
}

/** "Deliveries in the morning" are "morning deliveries". */
const PREPOSITIONS: ReadonlySet<string> = new Set(['in', 'on', 'at', 'during', 'of'])

/** Dropped from the start of a fact: "the caller has a dog" is "has a dog". */
const SUBJECTS: ReadonlySet<string> = new Set([
  'caller', 'customer', 'client', 'user', "caller's", "customer's", "client's", "user's", 'anrufer', 'anruferin',
  'kunde', 'kundin', 'cliente', 'clienta', 'appelant', 'appelante', 'beller', 'klant'
])
const ARTICLES: ReadonlySet<string> = new Set(['the', 'der', 'die', 'el', 'la', 'le', 'l', 'il', 'o', 'a', 'de'])

/**
 * The same words in the same order say the same. Ignored are letter case, punctuation, and in a language that we know
 * articles, "is", plurals, and a subject such as "the caller". "Two" is "2", and "deliveries in the morning" are
 * "morning deliveries".
 *
 * One word more or less makes another fact, so that a number or a negation ("not", "kein", "nunca", …) never gets lost:
 * storing a fact twice does less harm than taking it for its opposite. Synonyms are not recognised, and tenses differ.
 */
export function saysTheSame (one: string, other: string): boolean {
  return sameNormalized(normalized(one), normalized(other))
}

/** If no word is left, the whole text counts as one. */
export function normalized (text: string): NormalizedText {
  const all = wordsOf(text)
  const language = languageOf(all)
  const capitals = capitalised(text)
  const words: NormalizedWord[] = []
  let followsPreposition = false
  for (const word of withoutSubject(all)) {
    if (language?.code === 'en' && PREPOSITIONS.has(word)) {
      followsPreposition = true
    } else if (language?.silent.has(word) !== true) {
      const bends = language?.code === 'en' || capitals.has(word) === (language?.code === 'de')
      words.push({ word: word === 'has' ? 'have' : word, followsPreposition, bends })
      followsPreposition = false
    }
  }
  const whole = text.normalize('NFKC').trim().toLowerCase()
  return { language, words: words.length > 0 ? words : [{ word: whole, followsPreposition: false, bends: false }] }
}

export function sameNormalized (one: NormalizedText, other: NormalizedText): boolean {
  const [these, those] = [one.words, other.words]
  if (these.length !== those.length) return false
  const isSame = (at: number) => sameWord(one, at, other, at)
  const first = these.findIndex((_word, at) => !isSame(at))
  if (first === -1) return true
  const isRestEqual = these.every((_word, at) => at <= first + 1 || isSame(at))
  return isRestEqual && (areSwapped(one, other, first) || areSwapped(other, one, first))
}

/**
 * How two texts contradict each other: one is negated and they are the same otherwise, they differ in numbers alone, or
 * in one word alone. Null when they do not, or say the same. One other word need not be a contradiction.
 */
export function contradiction (one: NormalizedText, other: NormalizedText): 'negation' | 'number' | 'word' | null {
  const language = one.language ?? other.language
  if (language === null) return null
  const isNegation = ({ word }: NormalizedWord) => language.negations.has(word)
  // "Eats meat" alone has no word that shows its language.
  const plain = ({ words }: NormalizedText) => ({ language, words: words.filter((word) => !isNegation(word)) })
  const [these, those] = [plain(one), plain(other)]
  const wasNegated = one.words.some(isNegation)
  if (sameNormalized(these, those)) return wasNegated === other.words.some(isNegation) ? null : 'negation'
  if (wasNegated !== other.words.some(isNegation) || these.words.length !== those.words.length) return null
  const changed = these.words.flatMap(({ word }, at) =>
    sameWord(these, at, those, at) ? [] : [[word, those.words[at]!.word] as const])
  if (changed.every((pair) => pair.every(isNumber))) return 'number'
  return changed.length === 1 && these.words.length > 1 ? 'word' : null
}

/** What a correction takes away: the numbers, names and other words that the new text has no more. */
export function changedWords (former: NormalizedText, text: NormalizedText): string[] {
  const kept = new Set(text.words.map(({ word }) => word))
  return former.words.map(({ word }) => word)
    .filter((word) => !kept.has(word) && former.language?.stopWords.has(word) !== true)
}

/**
 * Whether a text can be another way of saying the same: it has the same numbers, is negated or not in the same way, and
 * no name takes the place of another.
 */
export function canSayTheSame (one: string, other: string): boolean {
  const [these, those] = [one, other].map(wordsOf) as [string[], string[]]
  const language = languageOf([...these, ...those])
  if (language === null) return false
  const isNegated = (words: string[]) => words.some((word) => language.negations.has(word))
  const numbers = (words: string[]) => words.filter(isNumber).sort().join(' ')
  const isAnyMissing = (names: ReadonlySet<string>, from: string[]) => [...names].some((name) => !from.includes(name))
  const missing = [isAnyMissing(capitalised(one), those), isAnyMissing(capitalised(other), these)]
  // In German, a noun may be added that is no name.
  const isNameReplaced = language.code === 'de' ? missing.every(Boolean) : missing.some(Boolean)
  return isNegated(these) === isNegated(those) && numbers(these) === numbers(those) && !isNameReplaced
}

const CAPITALISED = /(?<!\p{L})\p{Lu}[\p{L}\p{M}]+/gu

/** The words with a capital letter, except the first word, in lower case. */
function capitalised (text: string): ReadonlySet<string> {
  const first = /^\P{L}*\p{L}[\p{L}\p{M}]*/u.exec(text)?.[0].length ?? 0
  return new Set(matchesIn(CAPITALISED, text.slice(first)).map(([word]) => word.toLowerCase()))
}

function sameWord (one: NormalizedText, at: number, other: NormalizedText, otherAt: number): boolean {
  const [these, those] = [one.words[at], other.words[otherAt]]
  if (these === undefined || those === undefined) return false
  if (these.word === those.word) return true
  if (one.language === null || one.language !== other.language || !these.bends || !those.bends) return false
  const { plurals } = one.language
  return arePlurals(these.word, those.word, plurals) || arePlurals(those.word, these.word, plurals)
}

const LEAST_ROOT_LETTERS = 3

function arePlurals (word: string, plural: string, endings: ComparedLanguage['plurals']): boolean {
  const bare = (text: string) => text.replace(/[äöü]/g, (letter) => ({ ä: 'a', ö: 'o', ü: 'u' })[letter]!)
  return endings.some(([from, to]) => {
    if (!word.endsWith(from) || !plural.endsWith(to)) return false
    const root = word.slice(0, word.length - from.length)
    return root.length >= LEAST_ROOT_LETTERS && bare(root) === bare(plural.slice(0, plural.length - to.length))
  })
}

/** Whether `phrase` has "deliveries in the morning" where `short` has "morning deliveries". Numbers never swap. */
function areSwapped (phrase: NormalizedText, short: NormalizedText, at: number): boolean {
  const [thing, attribute] = phrase.words.slice(at, at + 2)
  const second = short.words[at + 1]
  if (thing === undefined || attribute === undefined || isNumber(thing.word) || isNumber(attribute.word)) return false
  return sameWord(phrase, at + 1, short, at) && sameWord(phrase, at, short, at + 1) &&
    attribute.followsPreposition && second?.followsPreposition === false
}

function withoutSubject (words: string[]): string[] {
  const at = ARTICLES.has(words[0] ?? '') ? 1 : 0
  return SUBJECTS.has(words[at] ?? '') ? words.slice(at + 1) : words
}
