/** Takes numbers that money or an identity hangs on out of text that is about to be stored. */
import { cardNumbersIn } from './card-numbers.ts'
import { ibansIn } from './ibans.ts'
import { socialSecurityNumbersIn } from './social-security-numbers.ts'
import { maskSpans } from './spans.ts'

/** What REDACT asks for: {@link redact}, or nothing at all. */
export function redactorFor (setting: 'on' | 'off'): (text: string) => string {
  return setting === 'on' ? redact : (text) => text
}

/**
 * `text` with payment card numbers, US social security numbers and IBANs replaced by `[card number]`,
 * `[social security number]` and `[IBAN]`. Redacting twice changes nothing more. Digits of every script count, separated by
 * spaces, hyphens, dots or commas; so do, but for IBANs, English digit words ("four one double one"). Those of other
 * languages do not, and neither do numbers that are spread over several texts.
 *
 * One order number in ten has a valid check digit by chance: one of 13 digits or more goes as a card number then. So may
 * two phone numbers in a row, if nothing shows where the first ends, or if both are written in fours.
 */
export function redact (text: string): string {
  const withoutIbans = maskSpans(text, ibansIn(text), '[IBAN]')
  const withoutCards = maskSpans(withoutIbans, cardNumbersIn(withoutIbans), '[card number]')
  return maskSpans(withoutCards, socialSecurityNumbersIn(withoutCards), '[social security number]')
}
