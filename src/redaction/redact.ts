import { ibansIn, socialSecurityNumbersIn } from './account-numbers.ts'
import { cardNumbersIn } from './card-numbers.ts'
import { MASKS, maskSpans, type MaskedSpan } from './masks.ts'
import { passwordsIn, pinsIn } from './secrets.ts'

/** Numbers that are known by their form. */
export function numbersIn (text: string): MaskedSpan[] {
  return NUMBERS.flatMap(([find, mask]) => find(text).map((span) => ({ ...span, mask })))
}

const NUMBERS = [
  [ibansIn, MASKS.iban], [cardNumbersIn, MASKS.card], [socialSecurityNumbersIn, MASKS.socialSecurity]
] as const

const NAMED = [[pinsIn, MASKS.pin], [passwordsIn, MASKS.password]] as const

/** @param setting - REDACT */
export function redactorFor (setting: 'on' | 'off'): (text: string) => string {
  return setting === 'on' ? redact : (text) => text
}

/**
 * Masks payment card numbers, US social security numbers and IBANs, and PINs and passwords that are named ("my PIN
 * is"). Idempotent. Finds digits of every script and number words of seven languages ("four one double one", "forty-one
 * eleven", not in IBANs). Misses numbers that are spread over several texts: `redactTurns` finds them in turns.
 *
 * False positives: order numbers of 13 or more digits, one in ten of which has a valid check digit by chance; and two
 * phone numbers in a row, if nothing separates them or both are written in groups of four.
 */
export function redact (text: string): string {
  return [...NUMBERS, ...NAMED].reduce((masked, [find, mask]) =>
    maskSpans(masked, find(masked).map((span) => ({ ...span, mask }))), text)
}
