import { cardNumbersIn } from './card-numbers.ts'
import { ibansIn } from './ibans.ts'
import { socialSecurityNumbersIn } from './social-security-numbers.ts'
import { maskSpans } from './spans.ts'

/** @param setting - REDACT */
export function redactorFor (setting: 'on' | 'off'): (text: string) => string {
  return setting === 'on' ? redact : (text) => text
}

/**
 * `text` with payment card numbers, US social security numbers and IBANs replaced by `[card number]`, `[social security
 * number]` and `[IBAN]`. Idempotent. Digits of every script count, with spaces, hyphens, dots or commas between them.
 * So do English digit words ("four one double one"), except in IBANs. Digit words of other languages are not found, nor
 * are numbers that are spread over several texts.
 *
 * False positives: one order number in ten has a valid check digit by chance, and is masked as a card number if it has
 * 13 or more digits. So may be two phone numbers in a row, if nothing separates them or both are written in groups of
 * four.
 */
export function redact (text: string): string {
  const withoutIbans = maskSpans(text, ibansIn(text), '[IBAN]')
  const withoutCards = maskSpans(withoutIbans, cardNumbersIn(withoutIbans), '[card number]')
  return maskSpans(withoutCards, socialSecurityNumbersIn(withoutCards), '[social security number]')
}
