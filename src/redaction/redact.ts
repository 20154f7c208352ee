import { ibansIn, socialSecurityNumbersIn } from './account-numbers.ts'
import { cardNumbersIn } from './card-numbers.ts'
import type { Span } from './digit-runs.ts'
import { passwordsIn, pinsIn, type MaskedSpan } from './secrets.ts'

/** @param setting - REDACT */
export function redactorFor (setting: 'on' | 'off'): (text: string) => string {
  return setting === 'on' ? redact : (text) => text
}

/**
 * Masks payment card numbers, US social security numbers and IBANs, and PINs and passwords that are named ("my PIN
 * is"). Idempotent. Finds digits of every script and digit words of seven languages ("four one double one", not in
 * IBANs). Misses numbers that are spread over several texts: `redactTurns` finds them in turns.
 *
 * False positives: order numbers of 13 or more digits, one in ten of which has a valid check digit by chance; and two
 * phone numbers in a row, if nothing separates them or both are written in groups of four.
 */
export function redact (text: string): string {
  return [...NUMBERS, ...SECRETS].reduce((masked, find) => maskSpans(masked, find(masked)), text)
}

const finder = (find: (text: string) => Span[], mask: string) => (text: string): MaskedSpan[] =>
  find(text).map((span) => ({ ...span, mask }))

/** What can be recognised without what is said around it. */
export const NUMBERS = [
  finder(ibansIn, '[IBAN]'), finder(cardNumbersIn, '[card number]'),
  finder(socialSecurityNumbersIn, '[social security number]')
]

const SECRETS = [finder(pinsIn, '[PIN]'), finder(passwordsIn, '[password]')]

/** Spans that overlap are replaced as one. */
export function maskSpans (text: string, spans: MaskedSpan[]): string {
  let masked = ''
  let end = 0
  for (const { from, to, mask } of spans.toSorted((a, b) => a.from - b.from)) {
    if (from >= end) masked += text.slice(end, from) + mask
    end = Math.max(end, to)
  }
  return masked + text.slice(end)
}
