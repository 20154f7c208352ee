/** What the bridge needs to know of its clocks. Pure. */

/** One look at both clocks of a process, in milliseconds. */
export interface ClockReading {
  /** Since 1970, as people have set it. */
  wallMs: number
  /** Of a clock that nobody can set. Most systems stop it while the machine is suspended. */
  monotonicMs: number
}

/** Milliseconds that the wall clock moved beyond the time that passed since `start`; negative when it was set back. */
export function clockDriftMs (start: ClockReading, now: ClockReading): number {
  return (now.wallMs - start.wallMs) - (now.monotonicMs - start.monotonicMs)
}

/**
 * A year is left at the end: what is added to a time, such as a pause before a retry, has a year of four digits, too.
 */
const FIRST_MS = 0
const LAST_MS = Date.UTC(9999, 0, 1) - 1

/**
 * A time that can be stored: stored times are compared as text, so their years have four digits. A time before 1970 or
 * after 9998 becomes the first or last one that is left; an invalid date counts as 1970.
 */
export function storableTime (date: Date): Date {
  const ms = date.getTime()
  if (ms >= FIRST_MS && ms <= LAST_MS) return date
  return new Date(ms > LAST_MS ? LAST_MS : FIRST_MS)
}

/** The earlier of two times that are stored. */
export function earlier (one: string, other: string): string {
  return one < other ? one : other
}
