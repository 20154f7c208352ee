/** Takes the caller's own number out of text that is about to be stored or logged. */
import { getCountries, getCountryCallingCode } from 'libphonenumber-js'
import { asciiDigits } from './ascii-digits.ts'

/** What stands in the text instead of the caller's number. */
export const MASK = '[number]'

/** Seven digits or more of any script, with up to five characters between them that are neither letter nor digit. */
const DIGIT_RUN = /\+?\p{Nd}(?:[^\p{L}\p{N}]{0,5}\p{Nd}){6,}/gu

/** E.164 allows 15 digits; two more for an international prefix such as 00. */
const LONGEST_NUMBER = 17
const SHORTEST_NUMBER = 7

/**
 * Readings that are tried in one text; at two microseconds for a keyed hash, no text keeps the process busy for longer
 * than about 50 milliseconds. A number in a national spelling takes some 400 readings, one for each calling code.
 */
const MAX_READINGS = 25_000

/** Readings that many texts of one request share. */
export interface ReadingBudget {
  left: number
}

/** For all texts of one request together: some 100 milliseconds, and twice that in digits of other scripts. */
export const MAX_REQUEST_READINGS = 150_000

const CALLING_CODES = [...new Set(getCountries().map((country) => getCountryCallingCode(country)))]

interface Digit {
  /** Where it stands in its run, in UTF-16 units. */
  from: number
  to: number
  /** As an ASCII digit. */
  value: string
}

/**
 * `text` with every spelling of the caller's own number replaced by {@link MASK}: international, with 00
 * or 011, national with or without the leading 0, in the digits of any script, with any separators, and in a row with
 * other numbers. Other people's numbers stay as they are, unless there are so many that not all can be looked at:
 * then those that are left are masked unseen.
 *
 * The caller is told by a predicate, not by the number, because most writers know the hash alone.
 *
 * @param isCaller - whether a number in E.164 form is the caller's
 */
export function maskNumber (text: string, isCaller: (e164: string) => boolean): string {
  return mask(text, (code, rest) => isCaller(`+${code}${rest}`))
}

/** The same for a writer who has the number at hand. A spelling is compared in parts: to join all of them takes most of the time. */
export function maskE164 (text: string, e164: string, budget?: ReadingBudget): string {
  return mask(text, (code, rest) =>
    1 + code.length + rest.length === e164.length && e164.startsWith(code, 1) && e164.endsWith(rest), budget)
}

/** The same for numbers as they were received, such as `sip:+15550100123@host`; those with fewer than seven digits mask nothing. */
export function maskReceived (text: string, numbers: readonly string[]): string {
  return numbers.reduce((masked, number) => {
    const [run] = number.split('@')[0]!.match(DIGIT_RUN) ?? []
    if (run === undefined) return masked
    const digits = digitsOf(run).map(({ value }) => value).join('').replace(/^(00|011)/, '')
    return maskE164(masked, `+${digits}`)
  }, text)
}

/** `text` with everything masked that could be a number, whoever's it is. */
export function maskAnyNumber (text: string): string {
  return text.replace(DIGIT_RUN, MASK)
}

/** @param isCaller - whether a calling code and the digits behind it are the caller's number; the digits may be all of it */
function mask (text: string, isCaller: (code: string, rest: string) => boolean, budget: ReadingBudget = { left: MAX_READINGS }): string {
  let readings = 0
  const isOver = () => readings > MAX_READINGS || budget.left < 0
  const isRead = (code: string, rest: string) => {
    readings++
    budget.left--
    return !isOver() && isCaller(code, rest)
  }

  function maskRun (run: string): string {
    const digits = digitsOf(run)
    for (let first = 0; first + SHORTEST_NUMBER <= digits.length; first++) {
      for (let end = Math.min(first + LONGEST_NUMBER, digits.length); end >= first + SHORTEST_NUMBER; end--) {
        if (isOver()) return MASK
        const from = digits[first]!.from
        const to = digits[end - 1]!.to
        const standsAlone = digits[first - 1]?.to !== from && digits[end]?.from !== to
        if (!isReadIn(run, digits.slice(first, end), standsAlone)) continue
        const start = run[from - 1] === '+' ? from - 1 : from
        return run.slice(0, start) + MASK + run.slice(to).replace(DIGIT_RUN, maskRun)
      }
    }
    return run
  }

  /** Whether a stretch of digits can be read as the caller's; one within a longer row of digits is read as international only. */
  function isReadIn (run: string, digits: Digit[], standsAlone: boolean): boolean {
    // The 0 in +49 (0) 151 is not dialled from abroad.
    const dialled = digits.filter(({ from, to, value }) => !(value === '0' && run[from - 1] === '(' && run[to] === ')'))
    const number = dialled.map(({ value }) => value).join('')
    if (isRead('', number.replace(/^(00|011)/, ''))) return true
    const nationals = standsAlone ? new Set([number, number.replace(/^0/, '')]) : []
    return [...nationals].some((national) => CALLING_CODES.some((code) => isRead(code, national)))
  }

  return text.replace(DIGIT_RUN, maskRun)
}

function digitsOf (run: string): Digit[] {
  return [...run.matchAll(/\p{Nd}/gu)].map(({ 0: digit, index }) =>
    ({ from: index, to: index + digit.length, value: asciiDigits(digit) }))
}
