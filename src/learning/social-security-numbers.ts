import { digitRuns, type DigitGroup } from './digit-runs.ts'
import type { Span } from './spans.ts'

/** Numbers that can be issued. @see https://www.ssa.gov/employer/randomization.html */
const ISSUED_SSN = /^(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4}$/

/** At most 40 characters before a number. A bracket may end a mask, which names no number. */
const NAMES_SSN = /(?:social[\s\p{Pd}]security|(?<!\p{L})s\.?s\.?n)(?!\p{L})[^\p{Nd}\]]{0,40}$/iu
const NAME_CHARS = 60

const LONGEST_PREFIX = 3

/**
 * Finds 123-45-6789 and 123 45 6789, and after "social security" or "SSN" any nine digits; the spans may overlap. Skips
 * numbers that are never issued, and numbers after a country or trunk code with the same separator.
 */
export function socialSecurityNumbersIn (text: string): Span[] {
  return digitRuns(text).flatMap((run) => {
    const isNamed = NAMES_SSN.test(text.slice(Math.max(0, run[0]!.from - NAME_CHARS), run[0]!.from))
    return isNamed ? [...nineDigits(run), ...writtenIn(run, isNamed)] : writtenIn(run, isNamed)
  })
}

/** @param isNamed - the text names a social security number, so a prefix does not make it a phone number */
function writtenIn (run: DigitGroup[], isNamed: boolean): Span[] {
  return run.flatMap((area, at) => {
    const [group, serial] = run.slice(at + 1, at + 3)
    if (group === undefined || serial === undefined || !isWrittenAsSsn(area, group, serial)) return []
    const hasPrefix = area.hasPlus || (area.gap === group.gap && run[at - 1]!.digits.length <= LONGEST_PREFIX)
    return hasPrefix && !isNamed ? [] : [{ from: area.from, to: serial.to }]
  })
}

function isWrittenAsSsn (area: DigitGroup, group: DigitGroup, serial: DigitGroup): boolean {
  return area.digits.length === 3 && group.digits.length === 2 && group.gap === serial.gap && !/[.,…]/.test(group.gap) &&
    ISSUED_SSN.test(area.digits + group.digits + serial.digits)
}

/** The first groups of a run, if they have exactly nine digits that can be issued. */
function nineDigits (run: DigitGroup[]): Span[] {
  let digits = ''
  const last = run.find((group) => (digits += group.digits).length >= 9)
  return last !== undefined && ISSUED_SSN.test(digits) ? [{ from: run[0]!.from, to: last.to }] : []
}
