/** Rows of digits in text, as they are written and as they are read out. */
import { asciiDigits } from '../phone/ascii-digits.ts'
import type { Span } from './spans.ts'

/** Digits with nothing between them, or a digit that is spelled out. */
export interface DigitGroup extends Span {
  /** As ASCII digits; one that is spelled out has one, or as many as "double" and "triple" say. */
  digits: string
  /** What separates it from the group before; empty for the first of its run. */
  gap: string
  /** Whether a plus stands before it, as before an international phone number. */
  hasPlus: boolean
}

const SPELLED: ReadonlyMap<string, string> = new Map([
  ...['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'].map((word, digit) => [word, String(digit)] as const),
  ['oh', '0'],
  ['o', '0']
])

const TIMES: ReadonlyMap<string, number> = new Map([['double', 2], ['triple', 3], ['treble', 3]])

/** A word stands alone; a bracket beside it may be a mask, where a digit stood. */
const GROUP = new RegExp(
  String.raw`\p{Nd}+|(?<![\p{L}\p{N}\]])(?:(?:${[...TIMES.keys()].join('|')})\s)?(?:${[...SPELLED.keys()].join('|')})(?![\p{L}\p{N}[])`,
  'giu'
)

/** Spaces, hyphens and dashes of every kind, dots, commas and invisible characters: a pause, in a transcript. */
const GAP = /^[\s\p{Pd}\p{Cf}.,…−ー]+$/u
const LONGEST_GAP = 5

const PLUS = /[+＋]\s?$/u

/**
 * The rows of digits in `text`, from left to right, each of them as its groups. A row goes on over up to five spaces, hyphens, dots and
 * commas, in any mixture. Digits of every script count, and English words for one digit: "four", "oh", "double seven".
 */
export function digitRuns (text: string): DigitGroup[][] {
  const runs: DigitGroup[][] = []
  let end = 0
  for (const { 0: group, index: from } of text.matchAll(GROUP)) {
    const to = from + group.length
    const gap = text.slice(end, from)
    const run = from - end <= LONGEST_GAP && GAP.test(gap) ? runs.at(-1) : undefined
    if (run !== undefined) run.push({ from, to, digits: digitsOf(group), gap, hasPlus: false })
    else runs.push([{ from, to, digits: digitsOf(group), gap: '', hasPlus: PLUS.test(text.slice(Math.max(0, from - 2), from)) }])
    end = to
  }
  return runs
}

function digitsOf (group: string): string {
  if (/^\d/.test(group)) return asciiDigits(group)
  const [last = '', times = ''] = group.toLowerCase().split(/\s/).reverse()
  return SPELLED.get(last)?.repeat(TIMES.get(times) ?? 1) ?? asciiDigits(group)
}
