/** The languages in which sentences are compared by more than their exact words. */
import { stemmer as stemDutch } from '@orama/stemmers/dutch'
import { stemmer as stemEnglish } from '@orama/stemmers/english'
import { stemmer as stemFrench } from '@orama/stemmers/french'
import { stemmer as stemGerman } from '@orama/stemmers/german'
import { stemmer as stemItalian } from '@orama/stemmers/italian'
import { stemmer as stemPortuguese } from '@orama/stemmers/portuguese'
import { stemmer as stemSpanish } from '@orama/stemmers/spanish'
import { stopwords as dutch } from '@orama/stopwords/dutch'
import { stopwords as english } from '@orama/stopwords/english'
import { stopwords as french } from '@orama/stopwords/french'
import { stopwords as german } from '@orama/stopwords/german'
import { stopwords as italian } from '@orama/stopwords/italian'
import { stopwords as portuguese } from '@orama/stopwords/portuguese'
import { stopwords as spanish } from '@orama/stopwords/spanish'
import { GRAMMARS, type Grammar, type LanguageCode } from './grammar.ts'

export interface Language extends Grammar {
  code: LanguageCode
  stem: (word: string) => string
  stopWords: ReadonlySet<string>
}

const language = (code: LanguageCode, stem: Language['stem'], stopWords: string[]): Language => {
  const grammar: Grammar = GRAMMARS[code]
  const { talk, telling, dividers, exclusions } = grammar
  return {
    ...grammar,
    code,
    stem,
    dividers: new Set([...dividers, ...exclusions]),
    stopWords: new Set([...stopWords, ...talk].filter((word) => !telling.has(word)))
  }
}

export const LANGUAGES: readonly Language[] = [
  language('en', stemEnglish, english),
  language('es', stemSpanish, spanish),
  language('fr', stemFrench, french),
  language('de', stemGerman, german),
  language('pt', stemPortuguese, portuguese),
  language('it', stemItalian, italian),
  language('nl', stemDutch, dutch)
]

/** The share of stop words that a text in a language has at least. */
const LEAST_SHARE = 0.2

/** How many stop words of another language a short sentence may have by chance: "come" is Spanish and Italian. */
const CHANCE = 1

/**
 * The language with the most stop words among `words`. With `hint`, that one unless another has clearly more. Null when
 * none is likely: then only exact words can be compared.
 */
export function languageOf (words: readonly string[], hint: Language | null = null): Language | null {
  const letters = words.filter((word) => /\p{L}/u.test(word))
  const hits = (each: Language) => letters.filter((word) => each.stopWords.has(word)).length
  const best = LANGUAGES
    .map((each) => ({ each, count: hits(each) }))
    .reduce((most, next) => next.count > most.count ? next : most)
  if (hint !== null && hits(hint) + CHANCE >= best.count) return hint
  return best.count > 0 && best.count >= letters.length * LEAST_SHARE ? best.each : null
}
