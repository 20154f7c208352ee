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

/** The languages of Orama's packages, by the names that they have there. */
const NAMES: Partial<Record<string, string>> = {
  ar: 'arabic',
  bg: 'bulgarian',
  da: 'danish',
  de: 'german',
  el: 'greek',
  en: 'english',
  es: 'spanish',
  fi: 'finnish',
  fr: 'french',
  hu: 'hungarian',
  id: 'indonesian',
  it: 'italian',
  nl: 'dutch',
  no: 'norwegian',
  pt: 'portuguese',
  ro: 'romanian',
  ru: 'russian',
  sv: 'swedish',
  ta: 'tamil',
  tr: 'turkish',
  uk: 'ukrainian'
}

/** What Orama's list lacks. "Do you have a dog?" would find "Owns a boat". */
const MORE_STOP_WORDS: Partial<Record<string, string[]>> = { en: ['a'] }

/** The languages of chrono-node. */
const WITH_DATES: ReadonlySet<string> = new Set('de en es fi fr it nl pt ru sv uk'.split(' '))

/**
 * It is not Latin-1, and stands behind every text. V8 compiles a pattern once for texts of Latin-1 alone and once for
 * all others, and chrono's English patterns take a tenth of a second or more each time. A space would become a part of
 * what is found.
 */
const WIDE_MARK = '…'

/**
 * The words of a language that we have nothing for are compared as they are written.
 *
 * @param code - BCP 47, such as `de` or `pt-BR`
 */
export async function loadWords (code: string): Promise<Words> {
  const base = baseOf(code)
  const name = NAMES[base]
  if (name === undefined) return { code: base, stem: (word) => word, stopWords: new Set() }
  const [{ stemmer }, { stopwords }] = await Promise.all([
    import(`@orama/stemmers/${name}`) as Promise<{ stemmer: Words['stem'] }>,
    import(`@orama/stopwords/${name}`) as Promise<{ stopwords: string[] }>
  ])
  return { code: base, stem: stemmer, stopWords: new Set([...stopwords, ...MORE_STOP_WORDS[base] ?? []]) }
}

/** Finds no dates in a language that we have nothing for. @param code - BCP 47 */
export async function loadDates (code: string): Promise<ParseDates> {
  const base = baseOf(code)
  if (!WITH_DATES.has(base)) return () => []
  const { parse } = await import(`chrono-node/${base}`) as { parse: ParseDates }
  return (text, ...how) => parse(text + WIDE_MARK, ...how)
}

/** @param code - BCP 47 */
export async function loadLanguage (code: string): Promise<Language> {
  const [words, parseDates] = await Promise.all([loadWords(code), loadDates(code)])
  return { ...words, segmenter: new Intl.Segmenter(words.code, { granularity: 'word' }), parseDates }
}

function baseOf (code: string): string {
  return code.toLowerCase().split('-')[0]!
}
