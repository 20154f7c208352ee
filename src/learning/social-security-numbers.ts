/** US social security numbers in text. */
import { digitRuns, type DigitGroup } from './digit-runs.ts'
import type { Span } from './spans.ts'

/** @see https://www.ssa.gov/employer/randomization.html on numbers that are never given out */
const ISSUED_SSN = /^(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4}$/

/** That a social security number comes within 40 characters; the bracket is the end of a mask, which names nothing. */
const NAMES_SSN = /(?:social[\s\p{Pd}]security|(?<!\p{L})s\.?s\.?n)(?!\p{L})[^\p{Nd}\]]{0,40}$/iu
const NAME_CHARS = 60

/** Digits that a country or trunk code has at most. */
const LONGEST_PREFIX = 3

/**
 * The social security numbers in `text`, from left to right; they may overlap. One is written 123-45-6789 or 123 45 6789;
 * after "social security" or "SSN" any nine digits are one. A number that is never given out is none, and neither is one
 * that a country or trunk code stands before in the same style.
 *
 * @see https://www.ssa.gov/employer/randomization.html
 */
export function socialSecurityNumbersIn (text: string): Span[] {
  return digitRuns(text).flatMap((run) => {
    const isNamed = NAMES_SSN.test(text.slice(Math.max(0, run[0]!.from - NAME_CHARS), run[0]!.from))
    return isNamed ? [...nineDigits(run), ...writtenIn(run, isNamed)] : writtenIn(run, isNamed)
  })
}

/** @param isNamed - whether the text says that they are none of a phone number */
function writtenIn (run: DigitGroup[], isNamed: boolean): Span[] {
  return run.flatMap((area, at) => {
    const [group, serial] = run.slice(at + 1, at + 3)
    if (group === undefined || serial === undefined || !isWrittenAsSsn(area, group, serial)) return []
    const hasPrefix = area.hasPlus || (area.gap === group.gap && run[at - 1]!.digits.length <= LONGEST_PREFIX)
    return hasPrefix && !isNamed ? [] : [{ from: area.from, to: serial.to }]
  })
}

function isWrittenAsSsn (area: DigitGroup, group: DigitGroup, serial: DigitGroup): boolean {
  return area.digits.length === 3 && group.digits.length === 2 && ISSUED_SSN.test(area.digits + group.digits + serial.digits) &&
    group.gap === serial.gap && !/[.,…]/.test(group.gap)
}

/** The groups that a row begins with, if they come to a social security number. */
function nineDigits (run: DigitGroup[]): Span[] {
  let digits = ''
  const last = run.find((group) => (digits += group.digits).length >= 9)
  return last !== undefined && ISSUED_SSN.test(digits) ? [{ from: run[0]!.from, to: last.to }] : []
}
