/** Stemmers, stop words and dates of the languages that callers speak, each loaded when it is needed. */
import type { ParsedResult, ParsingOption, ParsingReference } from 'chrono-node'

/** How a language compares words. */
export interface Words {
  /** BCP 47, such as `de`. */
  code: string
  stem: (word: string) => string
  stopWords: ReadonlySet<string>
}

export interface Language extends Words {
  /** Finds words in text without spaces. */
  segmenter: Intl.Segmenter
  parseDates: ParseDates
}

/** Finds the dates in a text. */
export type ParseDates = (text: string, reference: ParsingReference, option?: ParsingOption) => ParsedResult[]

interface Packages {
  words: () => [stemmer: Promise<{ stemmer: Words['stem'] }>, stopWords: Promise<{ stopwords: string[] }>]
  dates?: () => Promise<{ parse: ParseDates }>
}

const PACKAGES: Partial<Record<string, Packages>> = {
  ar: { words: () => [import('@orama/stemmers/arabic'), import('@orama/stopwords/arabic')] },
  bg: { words: () => [import('@orama/stemmers/bulgarian'), import('@orama/stopwords/bulgarian')] },
  da: { words: () => [import('@orama/stemmers/danish'), import('@orama/stopwords/danish')] },
  de: {
    words: () => [import('@orama/stemmers/german'), import('@orama/stopwords/german')],
    dates: () => import('chrono-node/de')
  },
  el: { words: () => [import('@orama/stemmers/greek'), import('@orama/stopwords/greek')] },
  en: {
    words: () => [import('@orama/stemmers/english'), import('@orama/stopwords/english')],
    dates: () => import('chrono-node/en')
  },
  es: {
    words: () => [import('@orama/stemmers/spanish'), import('@orama/stopwords/spanish')],
    dates: () => import('chrono-node/es')
  },
  fi: {
    words: () => [import('@orama/stemmers/finnish'), import('@orama/stopwords/finnish')],
    dates: () => import('chrono-node/fi')
  },
  fr: {
    words: () => [import('@orama/stemmers/french'), import('@orama/stopwords/french')],
    dates: () => import('chrono-node/fr')
  },
  hu: { words: () => [import('@orama/stemmers/hungarian'), import('@orama/stopwords/hungarian')] },
  id: { words: () => [import('@orama/stemmers/indonesian'), import('@orama/stopwords/indonesian')] },
  it: {
    words: () => [import('@orama/stemmers/italian'), import('@orama/stopwords/italian')],
    dates: () => import('chrono-node/it')
  },
  nl: {
    words: () => [import('@orama/stemmers/dutch'), import('@orama/stopwords/dutch')],
    dates: () => import('chrono-node/nl')
  },
  no: { words: () => [import('@orama/stemmers/norwegian'), import('@orama/stopwords/norwegian')] },
  pt: {
    words: () => [import('@orama/stemmers/portuguese'), import('@orama/stopwords/portuguese')],
    dates: () => import('chrono-node/pt')
  },
  ro: { words: () => [import('@orama/stemmers/romanian'), import('@orama/stopwords/romanian')] },
  ru: {
    words: () => [import('@orama/stemmers/russian'), import('@orama/stopwords/russian')],
    dates: () => import('chrono-node/ru')
  },
  sv: {
    words: () => [import('@orama/stemmers/swedish'), import('@orama/stopwords/swedish')],
    dates: () => import('chrono-node/sv')
  },
  ta: { words: () => [import('@orama/stemmers/tamil'), import('@orama/stopwords/tamil')] },
  tr: { words: () => [import('@orama/stemmers/turkish'), import('@orama/stopwords/turkish')] },
  uk: {
    words: () => [import('@orama/stemmers/ukrainian'), import('@orama/stopwords/ukrainian')],
    dates: () => import('chrono-node/uk')
  }
}

/**
 * The words of a language that we have nothing for are compared as they are written.
 *
 * @param code - BCP 47, such as `de` or `pt-BR`
 */
export async function loadWords (code: string): Promise<Words> {
  const base = baseOf(code)
  const [stemmer, stopWords] = await Promise.all(PACKAGES[base]?.words() ?? [])
  return { code: base, stem: stemmer?.stemmer ?? ((word) => word), stopWords: new Set(stopWords?.stopwords) }
}

/** Finds no dates in a language that we have nothing for. @param code - BCP 47 */
export async function loadDates (code: string): Promise<ParseDates> {
  const dates = await PACKAGES[baseOf(code)]?.dates?.()
  return dates?.parse ?? (() => [])
}

/** @param code - BCP 47 */
export async function loadLanguage (code: string): Promise<Language> {
  const [words, parseDates] = await Promise.all([loadWords(code), loadDates(code)])
  return { ...words, segmenter: new Intl.Segmenter(words.code, { granularity: 'word' }), parseDates }
}

function baseOf (code: string): string {
  return code.toLowerCase().split('-')[0]!
}
