/** The words of a text as a search compares them: lower case, without stop words, stemmed. */
import type { ParsedResult, ParsingReference } from 'chrono-node'

export interface Language {
  /** A BCP 47 code, such as `de`. */
  code: string
  stem: (word: string) => string
  stopWords: ReadonlySet<string>
  /** Finds the dates in a text. */
  parseDates: (text: string, reference: ParsingReference) => ParsedResult[]
}

/** Letters of scripts that are written without spaces. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u

/**
 * What is there for a language is loaded; without a stemmer, stop words or dates, words count as they are written.
 *
 * @param code - BCP 47, such as `de` or `pt-BR`
 */
export async function loadLanguage (code: string): Promise<Language> {
  const [base] = code.toLowerCase().split('-') as [string]
  // Orama names its files in English: `german`.
  const name = new Intl.DisplayNames('en', { type: 'language' }).of(base)!.toLowerCase()
  const [stemmer, words, chrono] = await Promise.all([
    importIfThere(`@orama/stemmers/${name}`),
    importIfThere(`@orama/stopwords/${name}`),
    importIfThere(`chrono-node/${base}`)
  ]) as [{ stemmer: Language['stem'] } | null, { stopwords: string[] } | null, { parse: Language['parseDates'] } | null]
  return {
    code: base,
    stem: stemmer?.stemmer ?? ((word) => word),
    stopWords: new Set(words?.stopwords),
    parseDates: chrono?.parse ?? (() => [])
  }
}

/** In the order of the text, repeats included. */
export function wordsOf (text: string, { code, stem, stopWords }: Language): string[] {
  const runs = text.normalize('NFKC').toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  const words = UNSPACED.test(text) ? runs.flatMap((run) => segments(run, code)) : runs
  return words.filter((word) => !stopWords.has(word)).map(stem)
}

function segments (run: string, code: string): string[] {
  return Array.from(new Intl.Segmenter(code, { granularity: 'word' }).segment(run), ({ segment }) => segment)
}

async function importIfThere (path: string): Promise<unknown> {
  try {
    return await import(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ERR_PACKAGE_PATH_NOT_EXPORTED' || code === 'ERR_MODULE_NOT_FOUND') return null
    throw error
  }
}
