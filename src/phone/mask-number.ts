/** Takes the caller's own number out of text that is about to be stored. */
import { getCountries, getCountryCallingCode } from 'libphonenumber-js'

/** What stands in the text instead of the caller's number. */
export const MASK = '[number]'

/** Digits with the separators that people write between them, any dash among them; 7 digits are the fewest a number has. */
const DIGIT_RUN = /\+?\d(?:[\s().,\p{Pd}/·]{0,3}\d){6,}/gu

/** E.164 allows 15 digits; two more for an international prefix such as 00. */
const LONGEST_NUMBER = 17
const SHORTEST_NUMBER = 7

/**
 * National spellings are tried with every calling code, about 400 hashes each, or half a millisecond.
 * Beyond this many in one text only international spellings are found, so that no text keeps the process busy.
 */
const MAX_NATIONAL_TRIES = 100

const CALLING_CODES = [...new Set(getCountries().map((country) => getCountryCallingCode(country)))]

/**
 * `text` with every spelling of the caller's own number replaced by {@link MASK}: international, with 00
 * or 011, national with or without the leading 0, with any separators, and in a row with other numbers.
 * Other people's numbers stay as they are.
 *
 * The caller is told by a predicate, not by the number, because most writers know the hash alone.
 *
 * @param isCaller - whether a number in E.164 form is the caller's
 */
export function maskNumber (text: string, isCaller: (e164: string) => boolean): string {
  let nationalTries = 0

  function isNumber (digits: string, standsAlone: boolean): boolean {
    if (internationalReadings(digits).some(isCaller)) return true
    return standsAlone && ++nationalTries <= MAX_NATIONAL_TRIES && nationalReadings(digits).some(isCaller)
  }

  function maskRun (run: string): string {
    const at = [...run.matchAll(/\d/g)].map(({ index }) => index)
    for (let first = 0; first + SHORTEST_NUMBER <= at.length; first++) {
      for (let end = Math.min(first + LONGEST_NUMBER, at.length); end >= first + SHORTEST_NUMBER; end--) {
        const from = at[first]!
        const to = at[end - 1]! + 1
        const standsAlone = !isDigit(run[from - 1]) && !isDigit(run[to])
        const digits = run.slice(from, to).replace(/\(0\)|\D/g, '')
        if (!isNumber(digits, standsAlone)) continue
        const start = run[from - 1] === '+' ? from - 1 : from
        return run.slice(0, start) + MASK + run.slice(to).replace(DIGIT_RUN, maskRun)
      }
    }
    return run
  }

  return text.replace(DIGIT_RUN, maskRun)
}

function internationalReadings (digits: string): string[] {
  return [`+${digits.replace(/^(00|011)/, '')}`]
}

function nationalReadings (digits: string): string[] {
  const spellings = new Set([digits, digits.replace(/^0/, '')])
  return [...spellings].flatMap((national) => CALLING_CODES.map((code) => `+${code}${national}`))
}

function isDigit (character: string | undefined): boolean {
  return character !== undefined && /\d/.test(character)
}
