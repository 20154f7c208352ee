import luhn from 'fast-luhn'
import { parsePhoneNumberFromString } from '../phone/libphonenumber.ts'
import { digitRuns, type DigitGroup, type Span } from './digit-runs.ts'

interface Gaps {
  /** Those after 4, 8, 12 or 16 digits. */
  afterFours: string[]
  elsewhere: string[]
}

/** ISO/IEC 7812-1 allows 19 digits; the shortest cards ever had 13. */
const SHORTEST_CARD = 13
const LONGEST_CARD = 19

/** First digits that card networks use. @see https://en.wikipedia.org/wiki/Payment_card_number */
const NETWORK = /^(?:2[2-7]|3|4|5|6|8[126]|9[78])/

/** American Express and Diners Club: 14 or 15 digits, and no phone number of that length starts with these. */
const SHORT_NETWORK = /^3[046-9]/

const LONGEST_PHONE_NUMBER = 15

/**
 * The card numbers in `text`, from left to right; they may overlap. They have 13 to 19 digits, a valid check digit
 * (ISO/IEC 7812-1), and whole groups. With separators, they must start like a card, use one kind, except between
 * groups of four, and not count ("ten, twelve, …"). Numbers after a plus do not count, nor unseparated ones that would
 * be phone numbers after a plus.
 */
export function cardNumbersIn (text: string): Span[] {
  return digitRuns(text).flatMap((run) => run.flatMap(({ from, hasPlus }, first) => {
    const to = hasPlus ? 0 : cardEnd(run, first)
    return to === 0 ? [] : [{ from, to }]
  }))
}

/** The end of the longest card number that starts at group `first`, or 0. */
function cardEnd (run: DigitGroup[], first: number): number {
  let end = 0
  let digits = ''
  const gaps: Gaps = { afterFours: [], elsewhere: [] }
  for (let at = first; at < run.length; at++) {
    const group = run[at]!
    if (at > first) (digits.length % 4 === 0 ? gaps.afterFours : gaps.elsewhere).push(group.gap)
    digits += group.digits
    if (digits.length > LONGEST_CARD || !areAlike(gaps.elsewhere)) break
    if (isCard(digits, gaps) && !isCounting(run.slice(first, at + 1))) end = group.to
  }
  return end
}

/** "Ten, twelve, fourteen, …": each is as much more than the one before. */
function isCounting (groups: DigitGroup[]): boolean {
  const steps = groups.slice(1).map(({ digits }, n) => Number(digits) - Number(groups[n]!.digits))
  return steps.length > 1 && steps[0] !== 0 && steps.every((step) => step === steps[0])
}

function isCard (digits: string, gaps: Gaps): boolean {
  if (digits.length < SHORTEST_CARD || !luhn(digits)) return false
  const isInFours = gaps.elsewhere.length === 0
  if (isInFours && gaps.afterFours.length === 0) return !digits.startsWith('0') && !isPhoneNumber(digits)
  if (!NETWORK.test(digits)) return false
  if (isInFours) return true
  // "4 1 1 1, 1 1 1 1, …" has another separator after every four digits.
  const isInOneStyle = areAlike([...gaps.afterFours, ...gaps.elsewhere]) ||
    (areAlike(gaps.afterFours) && gaps.afterFours.length === Math.ceil(digits.length / 4) - 1)
  const isShortCard = digits.length > SHORTEST_CARD && SHORT_NETWORK.test(digits)
  return isInOneStyle && (digits.length > LONGEST_PHONE_NUMBER || isShortCard)
}

function areAlike (gaps: string[]): boolean {
  return gaps.every((gap) => gap === gaps[0])
}

function isPhoneNumber (digits: string): boolean {
  return digits.length <= LONGEST_PHONE_NUMBER && parsePhoneNumberFromString(`+${digits}`)?.isValid() === true
}
