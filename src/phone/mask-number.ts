/** Masks the caller's own number in text that is about to be stored or logged. */
import { matchesIn } from '../matches.ts'
import { getCountries, getCountryCallingCode } from './libphonenumber.ts'

export const MASK = '[number]'

/** Seven or more digits of any script, with up to five other characters, but no letters, between two of them. */
const DIGIT_RUN = /\+?\p{Nd}(?:[^\p{L}\p{N}]{0,5}\p{Nd}){6,}/gu

/** E.164 allows 15 digits; two more for an international prefix such as 00. */
const LONGEST_NUMBER = 17
const SHORTEST_NUMBER = 7

/** Every spelling of a number ends with these: what stays of the shortest one without 011. */
const LAST_DIGITS = 4

/**
 * Numbers that are tried per text. A keyed hash takes 2 µs, so no text blocks the process for more than some 50 ms. A
 * number in national form takes some 400 readings, one per calling code.
 */
const MAX_READINGS = 25_000

/** Shared by all texts of a request. */
export interface ReadingBudget {
  left: number
}

/** Some 100 ms, or twice that for digits of other scripts. */
export const MAX_REQUEST_READINGS = 150_000

const CALLING_CODES = [...new Set(getCountries().map((country) => getCountryCallingCode(country)))]

interface Digit {
  /** In its run, in UTF-16 units. */
  from: number
  to: number
  /** ASCII. */
  value: string
}

/**
 * Masks every spelling of the caller's number: international, with 00 or 011, national with or without the leading 0,
 * in digits of any script, with any separators, and next to other numbers. Other numbers stay, unless there are too
 * many to try: then the rest are masked unseen.
 *
 * @param isCaller - whether a number in E.164 form is the caller's: most users of this function have only the hash
 */
export function maskNumber (text: string, isCaller: (e164: string) => boolean): string {
  return mask(text, (code, rest) => isCaller(`+${code}${rest}`))
}

/** The same with the number at hand. Code and rest are compared in place: joining them would take most of the time. */
export function maskE164 (text: string, e164: string, budget?: ReadingBudget): string {
  const isCaller = (code: string, rest: string) =>
    1 + code.length + rest.length === e164.length && e164.startsWith(code, 1) && e164.endsWith(rest)
  return mask(text, isCaller, budget, e164.slice(-LAST_DIGITS))
}

/** Whether there is anything in `text` that could be a phone number. */
export function hasDigitRun (text: string): boolean {
  return text.search(DIGIT_RUN) !== -1
}

/** The same for numbers as received, such as `sip:+15550100123@host`. Those with fewer than 7 digits are ignored. */
export function maskReceived (text: string, numbers: readonly string[]): string {
  if (!hasDigitRun(text)) return text
  return numbers.reduce((masked, number) => {
    const [run] = number.split('@')[0]!.match(DIGIT_RUN) ?? []
    if (run === undefined) return masked
    const digits = digitsOf(run).map(({ value }) => value).join('').replace(/^(00|011)/, '')
    return maskE164(masked, `+${digits}`)
  }, text)
}

/** Masks everything that could be a phone number. */
export function maskAnyNumber (text: string): string {
  return text.replace(DIGIT_RUN, MASK)
}

/**
 * @param isCaller - gets a calling code and the digits after it; the code may be empty
 * @param ending - the number's last digits, if known: a run without them needs no readings
 */
function mask (
  text: string,
  isCaller: (code: string, rest: string) => boolean,
  budget: ReadingBudget = { left: MAX_READINGS },
  ending = ''
): string {
  let readings = 0
  const isOver = () => readings > MAX_READINGS || budget.left < 0
  const isRead = (code: string, rest: string) => {
    readings++
    budget.left--
    return !isOver() && isCaller(code, rest)
  }

  function maskRun (run: string): string {
    // A 0 in brackets can be left out, also within the ending.
    const isElsewhere = !run.includes('(') && !asciiDigits(run).replace(/\D/g, '').includes(ending)
    if (isElsewhere && !isOver()) return run
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

  /** Digits that are part of a longer number are only read as an international number. */
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

const DIGIT = /\p{Nd}/gu

function digitsOf (run: string): Digit[] {
  return matchesIn(DIGIT, run).map(({ 0: digit, index }) =>
    ({ from: index, to: index + digit.length, value: asciiDigits(digit) }))
}

const OTHER_DIGIT = /(?!\d)\p{Nd}/gu

/** Decimal digits of every script become ASCII digits; the rest of `text` stays. */
export function asciiDigits (text: string): string {
  return text.replace(OTHER_DIGIT, (digit) => {
    let value = VALUES.get(digit)
    if (value === undefined) VALUES.set(digit, value = asciiDigit(digit))
    return value
  })
}

/** A cache. Unicode has some 700 digits. */
const VALUES = new Map<string, string>()

/**
 * Unicode keeps the ten digits of a script in order and next to each other. The sets of mathematical digits have no
 * gaps between them, but are compatible with ASCII.
 *
 * @see https://www.unicode.org/versions/latest/core-spec/chapter-4/#G124206 on decimal digits
 */
function asciiDigit (digit: string): string {
  const compatible = digit.normalize('NFKC')
  if (/^\d$/.test(compatible)) return compatible
  const codePoint = digit.codePointAt(0)!
  let value = 0
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(codePoint - value - 1))) value++
  return String(value)
}
