/** How well a claim is supported by what somebody said. Words are compared, not meanings. */
import type { PendingReason } from '../../schemas/caller-record.ts'
import { clausesOf, type Clause } from './clauses.ts'
import { languageOf, type ComparedLanguage } from './languages.ts'
import { contentWords, isNumber, stemOf, wordsOf } from './words.ts'

/** A number with this many digits is not said by chance. */
const DISTINCTIVE_DIGITS = 2

/** The first letters that the stems of two forms of a word share, and the most that may follow. */
const SHARED_LETTERS = 5
const ENDING_LETTERS = 2

/** A word with this many letters may be the start of another form: "Hund" and "Hunde". */
const PREFIX_LETTERS = 4

export interface Speech {
  texts: readonly string[]
  /** Null when it is none of ours. */
  language: ComparedLanguage | null
  /** The stem of every word, by its first {@link PREFIX_LETTERS}, which all forms of a word share. */
  words: ReadonlyMap<string, ReadonlySet<string>>
  /** Runs of numbers said one after the other, and where in the digits of a run a number starts or ends. */
  numbers: Array<{ digits: string, bounds: ReadonlySet<number> }>
  /** Empty when the language is none of ours. */
  clauses: Clause[]
  clausesWith: ReadonlyMap<string, ReadonlySet<number>>
}

/** What else counts when a claim is compared with what somebody said. */
export interface SpeechContext {
  /** What the caller answered to, and what was known: their words need not be said again. */
  given?: Speech
  /** All that the agent said. A claim that rests on it more than on the caller is not supported. */
  agent?: Speech
}

/** `full`, or why not. `none`: nothing of it was said. */
export type Support = 'none' | 'full' |
  Extract<PendingReason, 'unsupported' | 'hypothetical' | 'somebody-else' | 'taken-back'>

/**
 * How well what somebody said supports a claim:
 *
 * - `none`: no content word and no number of two or more digits was said; or one of the claim's numbers was not
 * - `unsupported`: less than half of its content words and long numbers were said, or more of them by the agent than by
 *   the caller; or only one side is negated
 * - `hypothetical`, `somebody-else`: it was said with an "if" or "maybe", or of somebody the claim does not name
 * - `taken-back`: the speaker went on with "no, …", and the claim has nothing of that
 * - `full`: at least half was said, in the way of the claim; if its language is none of ours, one word is enough
 *
 * Endings may differ. A number may be said in pieces ("12 34" for 1234) or as words. Stop words such as "yes" support
 * nothing. Support does not make a claim true: words are compared, not meanings.
 */
export function supportOf (speech: Speech, claim: string, context: SpeechContext = {}): Support {
  const said = saidPart(speech, claim, context)
  return said === 'full' ? mannerOf(speech, claim) : said
}

/** Whether enough of a claim was said for full support, negated or not. */
export function isMentioned (speech: Speech, claim: string): boolean {
  return saidPart(speech, claim, {}) === 'full'
}

/** @param hint - the language of the whole call; a single sentence may not show it */
export function speechOf (texts: readonly string[], hint: ComparedLanguage | null = null): Speech {
  const allWords = texts.flatMap(wordsOf)
  const language = languageOf(allWords, hint)
  const clauses = language === null ? [] : texts.flatMap((text) => clausesOf(text, language))
  const words = new Map<string, Set<string>>()
  for (const stem of allWords.map((word) => stemOf(word, language))) {
    addTo(words, stem.slice(0, PREFIX_LETTERS), stem)
  }
  const clausesWith = new Map<string, Set<number>>()
  for (const [at, clause] of clauses.entries()) {
    for (const word of clause.words) addTo(clausesWith, stemOf(word, language), at)
  }
  return {
    texts,
    language,
    words,
    numbers: numberRuns(allWords).map((run) => ({ digits: run.join(''), bounds: boundsOf(run) })),
    clauses,
    clausesWith
  }
}

function addTo<V> (sets: Map<string, Set<V>>, key: string, value: V): void {
  sets.set(key, (sets.get(key) ?? new Set<V>()).add(value))
}

/** The support of a claim as if nothing was negated, uncertain or about others. */
function saidPart (
  speech: Speech, claim: string, { given, agent }: SpeechContext
): Extract<Support, 'none' | 'full' | 'unsupported'> {
  const words = wordsOf(claim)
  const language = languageOf(words, speech.language)
  const isGiven = (word: string) => given !== undefined && isSpoken(word, given)
  const isGivenRun = (run: string[]) => given !== undefined && isRunSaid(run, given)
  const runs = numberRuns(words).filter((run) => !isGivenRun(run) || isRunSaid(run, speech))
  if (!runs.every((run) => isRunSaid(run, speech))) return 'none'
  const all = contentWords(words, language).filter((word) => language?.negations.has(word) !== true)
  // What is new in the claim has to be said; if nothing is, what is repeated.
  const fresh = all.filter((word) => !isGiven(word))
  const content = fresh.length + runs.length > 0 ? fresh : all
  const isProof = (number: string) => (isDistinctive(number) || given !== undefined) && isSaid(number, speech)
  const provenRuns = runs.filter((run) => [...run, run.join('')].some(isProof))
  const longRuns = runs.filter((run) => given !== undefined || isDistinctive(run.join('')))
  const isSpokenByAgent = (word: string) => agent !== undefined && isSpoken(word, agent)
  const missing = content.filter((word) => !isSpoken(word, speech))
  const said = content.length - missing.length + provenRuns.length
  if (said === 0) return 'none'
  if (missing.length > 0 && missing.filter(isSpokenByAgent).length >= said) return 'unsupported'
  return said * 2 >= content.length + longRuns.length || language === null ? 'full' : 'unsupported'
}

function isRunSaid (run: string[], speech: Speech): boolean {
  return run.every((number) => isSaid(number, speech)) || isSaid(run.join(''), speech)
}

/** Compares each clause of the claim with the clauses of the speech that share the most words with it. */
function mannerOf (speech: Speech, claim: string): Exclude<Support, 'none'> {
  const { language } = speech
  const words = wordsOf(claim)
  if (language === null) return 'full'
  // Negations in two languages cannot be compared.
  if (languageOf(words, language) !== language) return 'unsupported'
  const content = new Set(contentWords(words, language))
  let manner: Exclude<Support, 'none'> = 'full'
  for (const clause of clausesOf(claim, language)) {
    const closest = closestClauses(speech, clause.words, content).map((at) => speech.clauses[at]!)
    if (closest.length === 0) continue
    if (closest.some(({ isNegated }) => isNegated !== clause.isNegated)) return 'unsupported'
    if (closest.every((said) => isReplaced(said, words, language))) manner = 'taken-back'
    else if (!clause.isHypothetical && closest.every(({ isHypothetical }) => isHypothetical)) manner = 'hypothetical'
    else if (closest.every((said) => said.isAboutOthers && !namesPerson(words, said.words, speech))) {
      manner = 'somebody-else'
    }
  }
  return manner
}

/** Whether the speaker said something else instead, and the claim has nothing of what was new in that. */
function isReplaced ({ words, correctedTo }: Clause, claim: readonly string[], language: ComparedLanguage): boolean {
  if (correctedTo.length === 0) return false
  const stem = (word: string) => stemOf(word, language)
  const former = new Set(words.map(stem))
  const claimed = new Set(claim.map(stem))
  const telling = [...contentWords([...correctedTo], language), ...correctedTo.filter(isNumber)].map(stem)
  return !telling.some((word) => !former.has(word) && claimed.has(word))
}

/** Whether a claim says whom it is about: "neighbour", or the name after it. */
function namesPerson (claim: readonly string[], said: readonly string[], { texts, language }: Speech): boolean {
  const { relations, stopWords, negations } = language!
  const isName = (word: string) => claim.includes(word) && !stopWords.has(word) && !negations.has(word) &&
    texts.some((text) => text.includes(word.slice(0, 1).toUpperCase() + word.slice(1)))
  return claim.some((word) => relations.test(word)) ||
    said.some((word, at) => relations.test(word) && isName(said[at + 1] ?? ''))
}

/** The clauses that share the most words with these; a shared number or content word is required. */
function closestClauses (speech: Speech, words: string[], content: ReadonlySet<string>): number[] {
  const shared = new Map<number, number>()
  const withContent = new Set<number>()
  for (const word of new Set(words)) {
    if (speech.language?.negations.has(word) === true) continue
    const forms = spokenForms(word, speech)
    const clauses = new Set(forms.flatMap((form) => [...speech.clausesWith.get(form) ?? []]))
    for (const at of clauses) {
      shared.set(at, (shared.get(at) ?? 0) + 1)
      if (isNumber(word) || content.has(word.replace(/'s$/, ''))) withContent.add(at)
    }
  }
  let most = 0
  for (const at of withContent) most = Math.max(most, shared.get(at) ?? 0)
  return [...withContent].filter((at) => shared.get(at) === most)
}

function numberRuns (words: string[]): string[][] {
  const runs: string[][] = []
  for (const [at, word] of words.entries()) {
    if (!isNumber(word)) continue
    if (at > 0 && isNumber(words[at - 1]!)) runs.at(-1)!.push(word)
    else runs.push([word])
  }
  return runs
}

function boundsOf (run: string[]): ReadonlySet<number> {
  let end = 0
  return new Set([0, ...run.map((number) => (end += number.length))])
}

function isSaid (number: string, { numbers }: Speech): boolean {
  return numbers.some(({ digits, bounds }) => {
    for (let at = digits.indexOf(number); at !== -1; at = digits.indexOf(number, at + 1)) {
      if (bounds.has(at) && bounds.has(at + number.length)) return true
    }
    return false
  })
}

function isDistinctive (number: string): boolean {
  return number.replace(/\D/g, '').length >= DISTINCTIVE_DIGITS
}

function isSpoken (word: string, speech: Speech): boolean {
  return spokenForms(word, speech).length > 0
}

function spokenForms (word: string, { words, language }: Speech): string[] {
  const stem = stemOf(word, language)
  const similar = words.get(stem.slice(0, PREFIX_LETTERS)) ?? []
  return [...similar].filter((said) => said === stem || areFormsOfOneWord(stem, said))
}

function areFormsOfOneWord (one: string, other: string): boolean {
  const longer = Math.max(one.length, other.length)
  let shared = 0
  while (shared < longer && one[shared] === other[shared]) shared++
  if (longer - shared > ENDING_LETTERS) return false
  return shared >= SHARED_LETTERS || (shared >= PREFIX_LETTERS && shared === Math.min(one.length, other.length))
}
