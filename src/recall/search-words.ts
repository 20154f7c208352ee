/** The words of a text as a search compares them: lower case, without stop words, stemmed. */
import type { Language } from '../language/languages.ts'

/** Letters of scripts that are written without spaces. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u

/** In the order of the text, repeats included. */
export function searchWords (text: string, { stem, stopWords, segmenter }: Language): string[] {
  const runs = text.normalize('NFKC').toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  const segments = (run: string) => Array.from(segmenter.segment(run), ({ segment }) => segment)
  const words = UNSPACED.test(text) ? runs.flatMap(segments) : runs
  return words.filter((word) => !stopWords.has(word)).map(stem)
}
