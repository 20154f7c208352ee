/** The languages in which sentences are compared by more than their exact words. */
import { loadWords, type Words } from '../language/languages.ts'
import { GRAMMARS, type Grammar, type LanguageCode } from './grammar.ts'

export interface ComparedLanguage extends Grammar, Words {
  code: LanguageCode
}

/** Spanish stop words of the package that do say something about a caller. */
const TELLING: ReadonlySet<string> = new Set(
  'tarde temprano trabaja trabajo trabajan trabajar usa uso usan usar ayer nuevo nueva cerca lejos'.split(' ')
)

async function load (code: LanguageCode): Promise<ComparedLanguage> {
  const { stem, stopWords } = await loadWords(code)
  const all = [...stopWords, ...GRAMMARS[code].talk]
  return { ...GRAMMARS[code], code, stem, stopWords: new Set(all.filter((word) => !TELLING.has(word))) }
}

export const LANGUAGES: readonly ComparedLanguage[] =
  await Promise.all((Object.keys(GRAMMARS) as LanguageCode[]).map(load))

/** The share of stop words that a text in a language has at least. */
const LEAST_SHARE = 0.2

/** How many stop words of another language a short sentence may have by chance: "come" is Spanish and Italian. */
const CHANCE = 1

/**
 * The language with the most stop words among `words`. With `hint`, that one unless another has clearly more. Null when
 * none is likely: then only exact words can be compared.
 */
export function languageOf (words: readonly string[], hint: ComparedLanguage | null = null): ComparedLanguage | null {
  const letters = words.filter((word) => /\p{L}/u.test(word))
  const hits = (each: ComparedLanguage) => letters.filter((word) => each.stopWords.has(word)).length
  const best = LANGUAGES
    .map((each) => ({ each, count: hits(each) }))
    .reduce((most, next) => next.count > most.count ? next : most)
  if (hint !== null && hits(hint) + CHANCE >= best.count) return hint
  return best.count > 0 && best.count >= letters.length * LEAST_SHARE ? best.each : null
}
