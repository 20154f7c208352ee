/** The words of a text as a search compares them: lower case, without stop words, stemmed. */
import type { ParsedResult, ParsingOption, ParsingReference } from 'chrono-node'

export interface Language {
  /** BCP 47, such as `de`. */
  code: string
  stem: (word: string) => string
  stopWords: ReadonlySet<string>
  /** Finds words in text without spaces. */
  segmenter: Intl.Segmenter
  /** Finds the dates in a text. */
  parseDates: (text: string, reference: ParsingReference, option?: ParsingOption) => ParsedResult[]
}

type Parts = [
  stemmer: Promise<{ stemmer: Language['stem'] }>,
  stopWords: Promise<{ stopwords: string[] }>,
  dates?: Promise<{ parse: Language['parseDates'] }>
]

/** Loaded when a caller speaks them. */
const LANGUAGES: Partial<Record<string, () => Parts>> = {
  ar: () => [import('@orama/stemmers/arabic'), import('@orama/stopwords/arabic')],
  bg: () => [import('@orama/stemmers/bulgarian'), import('@orama/stopwords/bulgarian')],
  da: () => [import('@orama/stemmers/danish'), import('@orama/stopwords/danish')],
  de: () => [import('@orama/stemmers/german'), import('@orama/stopwords/german'), import('chrono-node/de')],
  el: () => [import('@orama/stemmers/greek'), import('@orama/stopwords/greek')],
  en: () => [import('@orama/stemmers/english'), import('@orama/stopwords/english'), import('chrono-node/en')],
  es: () => [import('@orama/stemmers/spanish'), import('@orama/stopwords/spanish'), import('chrono-node/es')],
  fi: () => [import('@orama/stemmers/finnish'), import('@orama/stopwords/finnish'), import('chrono-node/fi')],
  fr: () => [import('@orama/stemmers/french'), import('@orama/stopwords/french'), import('chrono-node/fr')],
  hu: () => [import('@orama/stemmers/hungarian'), import('@orama/stopwords/hungarian')],
  id: () => [import('@orama/stemmers/indonesian'), import('@orama/stopwords/indonesian')],
  it: () => [import('@orama/stemmers/italian'), import('@orama/stopwords/italian'), import('chrono-node/it')],
  nl: () => [import('@orama/stemmers/dutch'), import('@orama/stopwords/dutch'), import('chrono-node/nl')],
  no: () => [import('@orama/stemmers/norwegian'), import('@orama/stopwords/norwegian')],
  pt: () => [import('@orama/stemmers/portuguese'), import('@orama/stopwords/portuguese'), import('chrono-node/pt')],
  ro: () => [import('@orama/stemmers/romanian'), import('@orama/stopwords/romanian')],
  ru: () => [import('@orama/stemmers/russian'), import('@orama/stopwords/russian'), import('chrono-node/ru')],
  sv: () => [import('@orama/stemmers/swedish'), import('@orama/stopwords/swedish'), import('chrono-node/sv')],
  ta: () => [import('@orama/stemmers/tamil'), import('@orama/stopwords/tamil')],
  tr: () => [import('@orama/stemmers/turkish'), import('@orama/stopwords/turkish')],
  uk: () => [import('@orama/stemmers/ukrainian'), import('@orama/stopwords/ukrainian'), import('chrono-node/uk')]
}

/** Letters of scripts that are written without spaces. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u

/**
 * A language that we have nothing for counts words as they are written, and finds no dates.
 *
 * @param code - BCP 47, such as `de` or `pt-BR`
 */
export async function loadLanguage (code: string): Promise<Language> {
  const [base] = code.toLowerCase().split('-') as [string]
  const [stemmer, stopWords, dates] = await Promise.all(LANGUAGES[base]?.() ?? [])
  return {
    code: base,
    stem: stemmer?.stemmer ?? ((word) => word),
    stopWords: new Set(stopWords?.stopwords),
    segmenter: new Intl.Segmenter(base, { granularity: 'word' }),
    parseDates: dates?.parse ?? (() => [])
  }
}

/** In the order of the text, repeats included. */
export function wordsOf (text: string, { stem, stopWords, segmenter }: Language): string[] {
  const runs = text.normalize('NFKC').toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  const segments = (run: string) => Array.from(segmenter.segment(run), ({ segment }) => segment)
  const words = UNSPACED.test(text) ? runs.flatMap(segments) : runs
  return words.filter((word) => !stopWords.has(word)).map(stem)
}
