export interface ClockReading {
  /** Since 1970; people can set this clock. */
  wallMs: number
  /** Nobody can set this clock, but most systems stop it while the machine is suspended. */
  monotonicMs: number
}

/** How far the wall clock was set since `start`; negative when it was set back. */
export function clockDriftMs (start: ClockReading, now: ClockReading): number {
  return (now.wallMs - start.wallMs) - (now.monotonicMs - start.monotonicMs)
}

/** Leaves a year at the end, so that a time plus, say, a retry delay still has a year of four digits. */
const FIRST_MS = 0
const LAST_MS = Date.UTC(9999, 0, 1) - 1

/**
 * Limits a time to the years 1970 to 9998, because stored times are compared as text. An invalid date becomes 1970.
 */
export function storableTime (date: Date): Date {
  const ms = date.getTime()
  if (ms >= FIRST_MS && ms <= LAST_MS) return date
  return new Date(ms > LAST_MS ? LAST_MS : FIRST_MS)
}

/** For stored times. */
export function earlier (one: string, other: string): string {
  return one < other ? one : other
}
