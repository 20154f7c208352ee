import { ibansIn, socialSecurityNumbersIn } from './account-numbers.ts'
import { cardNumbersIn } from './card-numbers.ts'
import type { Span } from './digit-runs.ts'
import { passwordsIn, pinsIn } from './secrets.ts'

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
  const withoutIbans = maskSpans(text, ibansIn(text), '[IBAN]')
  const withoutCards = maskSpans(withoutIbans, cardNumbersIn(withoutIbans), '[card number]')
  const withoutNumbers = maskSpans(withoutCards, socialSecurityNumbersIn(withoutCards), '[social security number]')
  const withoutPins = maskSpans(withoutNumbers, pinsIn(withoutNumbers), '[PIN]')
  return maskSpans(withoutPins, passwordsIn(withoutPins), '[password]')
}

/** @param spans - sorted by `from`; those that overlap are replaced as one */
function maskSpans (text: string, spans: Span[], mask: string): string {
  let masked = ''
  let end = 0
  for (const { from, to } of spans) {
    if (from >= end) masked += text.slice(end, from) + mask
    end = Math.max(end, to)
  }
  return masked + text.slice(end)
}
