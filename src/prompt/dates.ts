/** Dates as they are said to an agent, in the operator's time zone. */

/** An instant as `toISOString` writes it, on a day that every month has: one that needs no calendar to be checked. */
const PLAIN_INSTANT = /^[1-9]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/

/** Such as `Sunday, 22 November 2026`. */
export function longDate (instant: string, timeZone: string): string {
  return formatsOf(timeZone).long(Date.parse(instant)).replace(/^(\w+) /, '$1, ')
}

/** Such as `2026-11-22`. */
export function calendarDate (instant: string, timeZone: string): string {
  // In UTC, the default, its date stands in front, and is there in a twentieth of the time.
  if (timeZone === 'UTC' && PLAIN_INSTANT.test(instant)) return instant.slice(0, 10)
  return formatsOf(timeZone).short(Date.parse(instant))
}

/** Calendar days from `earlier` to `later`, as people count them: 1 is yesterday, however few hours ago. */
export function daysBetween (earlier: string, later: string, timeZone: string): number {
  const day = (instant: string) => Date.parse(calendarDate(instant, timeZone))
  return Math.round((day(later) - day(earlier)) / 86_400_000)
}

type Formats = Record<'long' | 'short', (ms: number) => string>

/**
 * Kept by time zone, of which a bridge has one: to make a format takes longer than a hundred dates, and each holds memory
 * that the garbage collector does not see.
 */
const formats = new Map<string, Formats>()

function formatsOf (timeZone: string): Formats {
  const known = formats.get(timeZone)
  if (known !== undefined) return known
  const made = {
    long: new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }).format,
    short: new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format
  }
  formats.set(timeZone, made)
  return made
}
