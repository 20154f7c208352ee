/** Payment card numbers in text. */
import luhn from 'fast-luhn'
import { parsePhoneNumberFromString } from 'libphonenumber-js'
import { digitRuns, type DigitGroup } from './digit-runs.ts'
import type { Span } from './spans.ts'

/** What separates the digits of a number, in order: behind four, eight, twelve or sixteen of them, and behind others. */
interface Gaps {
  behindFours: string[]
  elsewhere: string[]
}

/** ISO/IEC 7812-1 allows 19 digits; the shortest cards ever had 13. */
const SHORTEST_CARD = 13
const LONGEST_CARD = 19

/** How the numbers begin that card networks give out. @see https://en.wikipedia.org/wiki/Payment_card_number */
const NETWORK = /^(?:2[2-7]|3|4|5|6|8[126]|9[78])/

/** American Express and Diners Club are shorter than the others, and begin like no phone number of their length. */
const SHORT_NETWORK = /^3[046-9]/

/** E.164. */
const LONGEST_PHONE_NUMBER = 15

/**
 * The card numbers in `text`, from left to right; they may overlap where digits can be read as several.
 *
 * A card number has 13 to 19 digits with a valid check digit, and is never a part of a group. One that is separated has to
 * begin like a card and be written in one style; only between groups of four the separators may vary. A number after a
 * plus is none, and neither is one in one piece that would be a valid phone number with a plus.
 *
 * @see ISO/IEC 7812-1
 */
export function cardNumbersIn (text: string): Span[] {
  return digitRuns(text).flatMap((run) => run.flatMap(({ from, hasPlus }, first) => {
    const to = hasPlus ? 0 : cardEnd(run, first)
    return to === 0 ? [] : [{ from, to }]
  }))
}

/** Where the longest card number ends that begins with a group; 0 if none does. */
function cardEnd (run: DigitGroup[], first: number): number {
  let end = 0
  let digits = ''
  const gaps: Gaps = { behindFours: [], elsewhere: [] }
  for (let at = first; at < run.length; at++) {
    const group = run[at]!
    if (at > first) (digits.length % 4 === 0 ? gaps.behindFours : gaps.elsewhere).push(group.gap)
    digits += group.digits
    if (digits.length > LONGEST_CARD || !areAlike(gaps.elsewhere)) break
    if (digits.length >= SHORTEST_CARD && isCard(digits, gaps)) end = group.to
  }
  return end
}

function isCard (digits: string, gaps: Gaps): boolean {
  if (!luhn(digits)) return false
  const isInFours = gaps.elsewhere.length === 0
  if (isInFours && gaps.behindFours.length === 0) return !digits.startsWith('0') && !isPhoneNumber(digits)
  if (!NETWORK.test(digits)) return false
  if (isInFours) return true
  // "4 1 1 1, 1 1 1 1, …" pauses behind every four digits.
  const isInOneStyle = areAlike([...gaps.behindFours, ...gaps.elsewhere]) ||
    (areAlike(gaps.behindFours) && gaps.behindFours.length === Math.ceil(digits.length / 4) - 1)
  return isInOneStyle && (digits.length > LONGEST_PHONE_NUMBER || (digits.length > SHORTEST_CARD && SHORT_NETWORK.test(digits)))
}

function areAlike (gaps: string[]): boolean {
  return gaps.every((gap) => gap === gaps[0])
}

function isPhoneNumber (digits: string): boolean {
  return digits.length <= LONGEST_PHONE_NUMBER && parsePhoneNumberFromString(`+${digits}`)?.isValid() === true
}
