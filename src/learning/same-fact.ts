/** Whether two facts say the same in nearly the same words, told without a language model. */
import { isNumber, stem, wordsOf } from './words.ts'

/** What a text is compared by. */
export interface NormalizedText {
  /** The words that count, in order, without the endings of English plurals and verbs. */
  words: string[]
  /** For each word, whether "in", "on", "at", "during" or "of" stood before it. */
  followsPreposition: boolean[]
}

/** Words that add nothing: English articles, and verbs that "vegetarian" and "is vegetarian" differ by. Past forms do add something. */
const SILENT: ReadonlySet<string> = new Set(['a', 'an', 'the', 'is', 'are', 'am', 'be', 'do', 'does'])

/** "Deliveries in the morning" are "morning deliveries". */
const PLACING: ReadonlySet<string> = new Set(['in', 'on', 'at', 'during', 'of'])

/** Whom nearly every fact is about. */
const SUBJECTS: ReadonlySet<string> = new Set([
  'caller', 'customer', 'client', 'user', "caller's", "customer's", "client's", "user's", 'anrufer', 'anruferin', 'kunde', 'kundin',
  'cliente', 'clienta', 'appelant', 'appelante', 'beller', 'klant'
])
const ARTICLES: ReadonlySet<string> = new Set(['the', 'der', 'die', 'el', 'la', 'le', 'l', 'il', 'o', 'a', 'de'])

/**
 * Whether two facts say the same: the same words in the same order, but for letter case, punctuation, English articles,
 * "is" and "do", plurals, number words, and who the caller is called ("The caller has a dog", "has a dog"). Two words may
 * have changed places as in "deliveries in the morning" and "morning deliveries".
 *
 * One word more or less is another fact, so that a number or a negation ("not", "kein", "nunca", "sans", …) never gets lost:
 * a fact kept twice is a lesser harm than one taken for its opposite. Other words for the same thing are not recognised.
 */
export function saysTheSame (one: string, other: string): boolean {
  return sameNormalized(normalized(one), normalized(other))
}

/** What {@link sameNormalized} compares, made once for a text that is compared with many. A text without a word that counts stands for itself. */
export function normalized (text: string): NormalizedText {
  const words: string[] = []
  const followsPreposition: boolean[] = []
  let placed = false
  for (const word of withoutSubject(wordsOf(text))) {
    if (PLACING.has(word)) placed = true
    if (PLACING.has(word) || SILENT.has(word)) continue
    words.push(word === 'has' ? 'have' : stem(word))
    followsPreposition.push(placed)
    placed = false
  }
  return words.length > 0 ? { words, followsPreposition } : { words: [text.normalize('NFKC').trim().toLowerCase()], followsPreposition: [false] }
}

/** {@link saysTheSame} for texts whose gist is at hand. */
export function sameNormalized (one: NormalizedText, other: NormalizedText): boolean {
  if (one.words.length !== other.words.length) return false
  const first = one.words.findIndex((word, at) => word !== other.words[at])
  if (first === -1) return true
  const goesOnAlike = one.words.every((word, at) => at <= first + 1 || word === other.words[at])
  return goesOnAlike && (isMoved(one, other, first) || isMoved(other, one, first))
}

/** Whether "deliveries in the morning" stand at `at` in `placed`, and "morning deliveries" in `plain`. Numbers keep their place. */
function isMoved (placed: NormalizedText, plain: NormalizedText, at: number): boolean {
  const [thing, place] = placed.words.slice(at, at + 2)
  if (thing === undefined || place === undefined || isNumber(thing) || isNumber(place)) return false
  return plain.words[at] === place && plain.words[at + 1] === thing &&
    placed.followsPreposition[at + 1] === true && plain.followsPreposition[at + 1] === false
}

function withoutSubject (words: string[]): string[] {
  const at = ARTICLES.has(words[0] ?? '') ? 1 : 0
  return SUBJECTS.has(words[at] ?? '') ? words.slice(at + 1) : words
}
