/** How well a claim is supported by what somebody said. Words are compared, not meanings. */
import { clausesOf, NEGATIONS } from './clauses.ts'
import { contentWords, isEnglish, isNumber, stem, wordsOf } from './words.ts'

/** A number with this many digits is not said by chance. */
const DISTINCTIVE_DIGITS = 3

/** The first letters that two forms of a word share, and the most that may follow: "allergic" and "allergies". */
const SHARED_LETTERS = 5
const ENDING_LETTERS = 3

/** A word with this many letters may be the start of another form: "Hund" and "Hunde". */
const PREFIX_LETTERS = 4

export interface Speech {
  texts: readonly string[]
  /** Every word once, by its first {@link PREFIX_LETTERS}, which all forms of a word share. */
  words: ReadonlyMap<string, ReadonlySet<string>>
  /** Runs of numbers said one after the other, and where in the digits of a run a number starts or ends. */
  numbers: Array<{ digits: string, bounds: ReadonlySet<number> }>
  isNegated: boolean[]
  clausesWith: ReadonlyMap<string, ReadonlySet<number>>
}

export type Support = 'none' | 'partial' | 'full'

/**
 * How well what somebody said supports a claim:
 *
 * - `none`: no content word and no number of three or more digits was said; or one of the claim's numbers was not
 * - `partial`: less than half of its content words and long numbers were said; or only one side is negated
 * - `full`: at least half was said, negated or not as in the claim; if not English, one word or long number is enough
 *
 * Endings may differ. A number may be said in pieces ("12 34" for 1234) or as words. Stop words such as "yes" support
 * nothing. Support does not make a claim true: who said it, and about whom, is not checked.
 */
export function supportOf (speech: Speech, claim: string): Support {
  const said = saidPart(speech, claim)
  return said === 'full' && !agrees(speech, claim) ? 'partial' : said
}

/** Whether enough of a claim was said for full support, negated or not. */
export function isMentioned (speech: Speech, claim: string): boolean {
  return saidPart(speech, claim) === 'full'
}

export function speechOf (texts: readonly string[]): Speech {
  const allWords = texts.flatMap(wordsOf)
  const clauses = texts.flatMap(clausesOf)
  const words = new Map<string, Set<string>>()
  for (const word of allWords.map(baseForm)) addTo(words, word.slice(0, PREFIX_LETTERS), word)
  const clausesWith = new Map<string, Set<number>>()
  for (const [at, clause] of clauses.entries()) for (const word of clause.words) addTo(clausesWith, baseForm(word), at)
  return {
    texts,
    words,
    numbers: numberRuns(allWords).map((run) => ({ digits: run.join(''), bounds: boundsOf(run) })),
    isNegated: clauses.map(({ isNegated }) => isNegated),
    clausesWith
  }
}

function addTo<V> (sets: Map<string, Set<V>>, key: string, value: V): void {
  sets.set(key, (sets.get(key) ?? new Set<V>()).add(value))
}

/** The support of a claim as if nothing was negated. Outside English, words and stop words are less certain. */
function saidPart (speech: Speech, claim: string): Support {
  const words = wordsOf(claim)
  const runs = numberRuns(words)
  const isRunSaid = (run: string[]) => run.every((number) => isSaid(number, speech)) || isSaid(run.join(''), speech)
  if (!runs.every(isRunSaid)) return 'none'
  const content = contentWords(words).filter((word) => !NEGATIONS.has(word)).map(baseForm)
  const all = content.length + runs.filter((run) => isDistinctive(run.join(''))).length
  const isProof = (number: string) => isDistinctive(number) && isSaid(number, speech)
  const saidRuns = runs.filter((run) => [...run, run.join('')].some(isProof))
  const said = content.filter((word) => spokenForms(word, speech).length > 0).length + saidRuns.length
  if (said === 0) return 'none'
  return said * 2 >= all || !isEnglish(words) ? 'full' : 'partial'
}

/** Compares each clause of the claim with the clauses of the speech that share the most words with it. */
function agrees (speech: Speech, claim: string): boolean {
  const words = wordsOf(claim)
  if (!isEnglish(words)) return true
  const content = new Set(contentWords(words))
  return clausesOf(claim).every((clause) => {
    const closest = closestClauses(speech, clause.words, content)
    return closest.every((at) => speech.isNegated[at] === clause.isNegated)
  })
}

/** The clauses that share the most words with these; a shared content word is required. */
function closestClauses (speech: Speech, words: string[], content: ReadonlySet<string>): number[] {
  const shared = new Map<number, number>()
  const withContent = new Set<number>()
  for (const word of new Set(words)) {
    if (NEGATIONS.has(word)) continue
    const forms = spokenForms(baseForm(word), speech)
    const clauses = new Set(forms.flatMap((form) => [...speech.clausesWith.get(form) ?? []]))
    for (const at of clauses) {
      shared.set(at, (shared.get(at) ?? 0) + 1)
      if (content.has(word.replace(/'s$/, ''))) withContent.add(at)
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

function spokenForms (word: string, { words }: Speech): string[] {
  const similar = words.get(word.slice(0, PREFIX_LETTERS)) ?? []
  return [...similar].filter((said) => said === word || areFormsOfOneWord(word, said))
}

function baseForm (word: string): string {
  return stem(word.replace(/'s$/, ''))
}

function areFormsOfOneWord (one: string, other: string): boolean {
  const longer = Math.max(one.length, other.length)
  let shared = 0
  while (shared < longer && one[shared] === other[shared]) shared++
  if (longer - shared > ENDING_LETTERS) return false
  return shared >= SHARED_LETTERS || (shared >= PREFIX_LETTERS && shared === Math.min(one.length, other.length))
}
