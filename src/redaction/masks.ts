/** What stands in place of masked text. */
import { MASK } from '../phone/mask-number.ts'
import type { Span } from './digit-runs.ts'

export const MASKS = {
  number: MASK,
  card: '[card number]',
  socialSecurity: '[social security number]',
  iban: '[IBAN]',
  pin: '[PIN]',
  password: '[password]'
}

export type MaskedSpan = Span & { mask: string }

/** Those that overlap are replaced as one. */
export function maskSpans (text: string, spans: MaskedSpan[]): string {
  let masked = ''
  let end = 0
  for (const { from, to, mask } of spans.toSorted((a, b) => a.from - b.from)) {
    if (from >= end) masked += text.slice(end, from) + mask
    end = Math.max(end, to)
  }
  return masked + text.slice(end)
}

const OURS = Object.values(MASKS).map((mask) => `\\${mask.slice(0, -1)}\\]`).join('|')

/** Those of ElevenLabs, such as "[EMAIL_ADDRESS]" and "<REDACTED>", which is stored with other brackets. */
const THEIRS = String.raw`\[[A-Z][A-Z0-9]*(?:[_ -][A-Z0-9]+)*\]|[<‹(]?\b(?:REDACTED|MASKED|REMOVED)\b[>›)]?`

/** Also a row of stars or blocks. */
export const ANY_MASK = new RegExp(`${OURS}|${THEIRS}|[*█■]{3,}`, 'gu')
