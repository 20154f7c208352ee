/** Clocks, stored times, deadlines and pauses. */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'

export const DAY_SECS = 24 * 60 * 60
export const DAY_MS = DAY_SECS * 1000

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

/** For stored times; null counts as none. */
export function earlier<T extends string | null> (one: T, other: T): T {
  return one !== null && (other === null || one < other) ? one : other
}

/** For stored times; null counts as none. */
export function later<T extends string | null> (one: T, other: T): T {
  return one !== null && (other === null || one > other) ? one : other
}

/** For sorting by stored times, oldest first. */
export function compareTimes (one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}

/**
 * Settles like `work`, or like `late` when `work` takes longer than `ms` milliseconds. The work itself goes on; its
 * later result or error is dropped.
 */
export async function withDeadline<T> (work: Promise<T>, ms: number, late: () => T): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<void>((resolve) => { timer = setTimeout(resolve, ms) }).then(late)
  try {
    return await Promise.race([work, deadline])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Runs `work` with a signal that is aborted together with `signal`, and after `ms` milliseconds with a `TimeoutError`.
 * `restart` begins a new time limit.
 *
 * Replaces `AbortSignal.any`, which on Node 20 leaks 1 KB on its sources each time; ours live as long as the process.
 */
export async function withTimeLimit<T> (
  ms: number, signal: AbortSignal, work: (signal: AbortSignal, restart: (ms: number) => void) => Promise<T>
): Promise<T> {
  const limited = new AbortController()
  const end = () => limited.abort(signal.reason)
  let timer: NodeJS.Timeout | undefined
  const restart = (ms: number) => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      limited.abort(new DOMException(`it did not respond within ${ms / 1000} seconds`, 'TimeoutError'))
    }, ms)
  }
  restart(ms)
  if (signal.aborted) end()
  signal.addEventListener('abort', end, { once: true })
  try {
    return await work(limited.signal, restart)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
  }
}

/** Resolves after `ms` milliseconds. Rejects when the signal is aborted. */
export async function pause (ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal })
}

/** For background work: does not keep the process alive. Resolves at once when the signal is aborted. */
export async function pauseInBackground (ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal, ref: false })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** `wake` ends the current pause, or else the next one. */
export function wakeablePause (): { pause: typeof pauseInBackground, wake: () => void } {
  let isAwake = false
  let end = () => {}
  return {
    async pause (ms, signal) {
      if (!isAwake && !signal.aborted) {
        const resting = new AbortController()
        end = () => resting.abort()
        signal.addEventListener('abort', end)
        await pauseInBackground(ms, resting.signal)
        signal.removeEventListener('abort', end)
      }
      isAwake = false
    },
    wake () {
      isAwake = true
      end()
    }
  }
}

const MAX_STALL_MS = 5

/** Does work for each of the items, and lets others go on in between. */
export async function inSlices<T> (items: readonly T[], work: (item: T) => unknown): Promise<void> {
  let since = performance.now()
  for (const item of items) {
    work(item)
    if (performance.now() - since > MAX_STALL_MS) {
      await nextTurn()
      since = performance.now()
    }
  }
}
