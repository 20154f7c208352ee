import { getCountrySpecifications, isValidIBAN } from 'ibantools'
import { asciiDigits } from '../phone/mask-number.ts'
import type { Span } from './spans.ts'

const IBAN_SYMBOL = /[A-Za-zＡ-Ｚａ-ｚ\p{Nd}]/gu

/** Captures the longest possible IBAN at every position where one may start. */
const IBAN_START = /(?<![A-Za-zＡ-Ｚａ-ｚ])(?=([A-Za-zＡ-Ｚａ-ｚ]{2}(?:[\s\p{Pd}\p{Cf}.−]{0,3}\p{Nd}){2}(?:[\s\p{Pd}\p{Cf}.−]{0,3}[A-Za-zＡ-Ｚａ-ｚ\p{Nd}]){11,30}))/gu

const COUNTRIES = getCountrySpecifications()

/**
 * Length, form and check digits must be right for the country (ISO 13616-1). Letter case does not matter, and up to
 * three spaces, hyphens or dots may stand between any two characters.
 */
export function ibansIn (text: string): Span[] {
  return [...text.matchAll(IBAN_START)].flatMap(({ 1: candidate, index: from }) => {
    const length = ibanLength(candidate!)
    return length === 0 ? [] : [{ from, to: from + length }]
  })
}

/** In UTF-16 units. 0 if there is no IBAN at the start of `text`, or if its last digits or letters continue. */
function ibanLength (text: string): number {
  const symbols = asciiDigits(text.normalize('NFKC')).toUpperCase().replace(/[^A-Z0-9]/g, '')
  const chars = COUNTRIES[symbols.slice(0, 2)]?.chars ?? 0
  if (!isValidIBAN(symbols.slice(0, chars))) return 0
  const [last, next] = [...text.matchAll(IBAN_SYMBOL)].slice(chars - 1)
  const end = last!.index + last![0].length
  const continues = next?.index === end && /\p{Nd}/u.test(next[0]) === /\p{Nd}/u.test(last![0])
  return continues ? 0 : end
}
