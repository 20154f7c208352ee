/** Finds near-repeats of facts, without a language model. */
import { isNumber, stem, wordsOf } from './words.ts'

/** In order, without silent words and the endings of English plurals and verbs. */
export type NormalizedText = NormalizedWord[]

interface NormalizedWord {
  word: string
  /** Whether a word of {@link PREPOSITIONS} came before it. */
  followsPreposition: boolean
}

/** English articles, and verbs that add nothing: "is vegetarian" is "vegetarian". Past forms do add something. */
const SILENT: ReadonlySet<string> = new Set(['a', 'an', 'the', 'is', 'are', 'am', 'be', 'do', 'does'])

/** "Deliveries in the morning" are "morning deliveries". */
const PREPOSITIONS: ReadonlySet<string> = new Set(['in', 'on', 'at', 'during', 'of'])

/** Dropped from the start of a fact: "the caller has a dog" is "has a dog". */
const SUBJECTS: ReadonlySet<string> = new Set([
  'caller', 'customer', 'client', 'user', "caller's", "customer's", "client's", "user's", 'anrufer', 'anruferin',
  'kunde', 'kundin', 'cliente', 'clienta', 'appelant', 'appelante', 'beller', 'klant'
])
const ARTICLES: ReadonlySet<string> = new Set(['the', 'der', 'die', 'el', 'la', 'le', 'l', 'il', 'o', 'a', 'de'])

/**
 * The same words in the same order say the same. Ignored are letter case, punctuation, English articles, "is" and "do",
 * plurals, and a subject such as "the caller". "Two" is "2", and "deliveries in the morning" are "morning deliveries".
 *
 * One word more or less makes another fact, so that a number or a negation ("not", "kein", "nunca", …) never gets lost:
 * storing a fact twice does less harm than taking it for its opposite. Synonyms are not recognised.
 */
export function saysTheSame (one: string, other: string): boolean {
  return sameNormalized(normalized(one), normalized(other))
}

/** If no word is left, the whole text counts as one. */
export function normalized (text: string): NormalizedText {
  const words: NormalizedText = []
  let followsPreposition = false
  for (const word of withoutSubject(wordsOf(text))) {
    if (PREPOSITIONS.has(word)) {
      followsPreposition = true
    } else if (!SILENT.has(word)) {
      words.push({ word: stem(word), followsPreposition })
      followsPreposition = false
    }
  }
  return words.length > 0 ? words : [{ word: text.normalize('NFKC').trim().toLowerCase(), followsPreposition: false }]
}

export function sameNormalized (one: NormalizedText, other: NormalizedText): boolean {
  if (one.length !== other.length) return false
  const isSame = (at: number) => one[at]?.word === other[at]?.word
  const first = one.findIndex((_word, at) => !isSame(at))
  if (first === -1) return true
  const isRestEqual = one.every((_word, at) => at <= first + 1 || isSame(at))
  return isRestEqual && (areSwapped(one, other, first) || areSwapped(other, one, first))
}

/** Whether `phrase` has "deliveries in the morning" where `short` has "morning deliveries". Numbers never swap. */
function areSwapped (phrase: NormalizedText, short: NormalizedText, at: number): boolean {
  const [thing, attribute] = phrase.slice(at, at + 2)
  const [first, second] = short.slice(at, at + 2)
  if (thing === undefined || attribute === undefined || isNumber(thing.word) || isNumber(attribute.word)) return false
  return first?.word === attribute.word && second?.word === thing.word &&
    attribute.followsPreposition && !second.followsPreposition
}

function withoutSubject (words: string[]): string[] {
  const at = ARTICLES.has(words[0] ?? '') ? 1 : 0
  return SUBJECTS.has(words[at] ?? '') ? words.slice(at + 1) : words
}
