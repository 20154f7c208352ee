import { getCountrySpecifications, isValidIBAN } from 'ibantools'
import { matchesIn } from '../matches.ts'
import { asciiDigits } from '../phone/mask-number.ts'
import { digitRuns, type DigitGroup, type Span } from './digit-runs.ts'

const IBAN_SYMBOL = /[A-Za-zＡ-Ｚａ-ｚ\p{Nd}]/gu

/** Captures the longest possible IBAN at every position where one may start. */
const IBAN_START = /(?<![A-Za-zＡ-Ｚａ-ｚ])(?=([A-Za-zＡ-Ｚａ-ｚ]{2}(?:[\s\p{Pd}\p{Cf}.−]{0,3}\p{Nd}){2}(?:[\s\p{Pd}\p{Cf}.−]{0,3}[A-Za-zＡ-Ｚａ-ｚ\p{Nd}]){11,30}))/gu

const COUNTRIES = getCountrySpecifications()

/**
 * Length, form and check digits must be right for the country (ISO 13616-1). Letter case does not matter, and up to
 * three spaces, hyphens or dots may stand between any two characters.
 */
export function ibansIn (text: string): Span[] {
  return matchesIn(IBAN_START, text).flatMap(({ 1: candidate, index: from }) => {
    const length = ibanLength(candidate!)
    return length === 0 ? [] : [{ from, to: from + length }]
  })
}

/** In UTF-16 units. 0 if there is no IBAN at the start of `text`, or if its last digits or letters continue. */
function ibanLength (text: string): number {
  const symbols = asciiDigits(text.normalize('NFKC')).toUpperCase().replace(/[^A-Z0-9]/g, '')
  const chars = COUNTRIES[symbols.slice(0, 2)]?.chars ?? 0
  if (!isValidIBAN(symbols.slice(0, chars))) return 0
  const [last, next] = matchesIn(IBAN_SYMBOL, text).slice(chars - 1)
  const end = last!.index + last![0].length
  const continues = next?.index === end && /\p{Nd}/u.test(next[0]) === /\p{Nd}/u.test(last![0])
  return continues ? 0 : end
}

/** Numbers that can be issued. @see https://www.ssa.gov/employer/randomization.html */
const ISSUED_SSN = /^(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4}$/

/** At most 40 characters before a number. A bracket may end a mask, which names no number. */
const NAMES_SSN = /(?:social[\s\p{Pd}]security|(?<!\p{L})s\.?s\.?n)(?!\p{L})[^\p{Nd}\]]{0,40}$/iu
const NAME_CHARS = 60

const LONGEST_PREFIX = 3

/**
 * Finds 123-45-6789 and 123 45 6789, and after "social security" or "SSN" any nine digits; the spans may overlap. Skips
 * numbers that are never issued, and numbers after a country or trunk code with the same separator.
 */
export function socialSecurityNumbersIn (text: string): Span[] {
  return digitRuns(text).flatMap((run) => {
    const isNamed = NAMES_SSN.test(text.slice(Math.max(0, run[0]!.from - NAME_CHARS), run[0]!.from))
    return isNamed ? [...nineDigits(run), ...writtenIn(run, isNamed)] : writtenIn(run, isNamed)
  })
}

/** @param isNamed - the text names a social security number, so a prefix does not make it a phone number */
function writtenIn (run: DigitGroup[], isNamed: boolean): Span[] {
  return run.flatMap((area, at) => {
    const [group, serial] = run.slice(at + 1, at + 3)
    if (group === undefined || serial === undefined || !isWrittenAsSsn(area, group, serial)) return []
    const hasPrefix = area.hasPlus || (area.gap === group.gap && run[at - 1]!.digits.length <= LONGEST_PREFIX)
    return hasPrefix && !isNamed ? [] : [{ from: area.from, to: serial.to }]
  })
}

function isWrittenAsSsn (area: DigitGroup, group: DigitGroup, serial: DigitGroup): boolean {
  return area.digits.length === 3 && group.digits.length === 2 && group.gap === serial.gap && !/[.,…]/.test(group.gap) &&
    ISSUED_SSN.test(area.digits + group.digits + serial.digits)
}

/** The first groups of a run, if they have exactly nine digits that can be issued. */
function nineDigits (run: DigitGroup[]): Span[] {
  let digits = ''
  const last = run.find((group) => (digits += group.digits).length >= 9)
  return last !== undefined && ISSUED_SSN.test(digits) ? [{ from: run[0]!.from, to: last.to }] : []
}
