/** Decides whether a sweep may erase what it counted, and tells the operator when it may not. Pure. */
import type { StoppedSweep, Sweep } from '../../schemas/caller-record.ts'

/** Up to this many callers are always erased: in a small memory a share says nothing about the clock. */
const FEW_CALLERS = 20

/** How much the wall clock may differ from the time that has passed, in milliseconds. */
const MAX_DRIFT_MS = 60 * 60 * 1000

export interface SweepInput {
  /** Callers with a record, and how many of them would be erased. */
  callers: number
  toErase: number
  /** In percent. */
  maxShare: number
  /** How far the clock moved beyond the time that has passed since the process started, in milliseconds. */
  driftMs: number
}

/** Empty when the sweep may erase. */
export function stopReasons ({ callers, toErase, maxShare, driftMs }: SweepInput): StoppedSweep['reasons'] {
  return [
    ...(isTooMany(toErase, callers, maxShare) ? ['share' as const] : []),
    ...(Math.abs(driftMs) > MAX_DRIFT_MS ? ['clock' as const] : [])
  ]
}

export function isTooMany (toErase: number, callers: number, maxShare: number): boolean {
  return toErase > FEW_CALLERS && toErase * 100 > callers * maxShare
}

/** What {@link sweepAdvice} says, in one text. */
export function sweepWarning (sweep: Sweep | null): string | null {
  const advice = sweepAdvice(sweep)
  return advice === null ? null : `${advice.message} ${advice.remedy}`
}

/** Tells the operator what to do about a stopped sweep; null when none is stopped. */
export function sweepAdvice (sweep: Sweep | null): { message: string, remedy: string } | null {
  const stopped = sweep?.plan?.stopped ?? null
  if (stopped === null) return null
  const { reasons, callers, clock_drift_secs: driftSecs } = stopped
  const isShare = reasons.includes('share')
  const isClock = reasons.includes('clock')
  const share = isShare ? `, more than RETENTION_MAX_SHARE allows (${stopped.max_share} %)` : ''
  // Without RETENTION_DAYS no callers are counted.
  const counted = callers === 0
    ? ''
    : `: with the clock at ${stopped.counted_at} it would erase ${stopped.to_erase} of ${callers} callers${share}`
  const drift = `${driftSecs > 0 ? 'ahead' : 'back'} by ${hours(driftSecs)}`
  return {
    message: `A sweep is stopped and removes nothing${counted}.` +
      (isClock ? ` Since the bridge was started the clock was set ${drift}, or the machine slept.` : ''),
    remedy: `Check the clock${isShare ? ' and RETENTION_DAYS' : ''}. If the sweep is right, ` +
      `run "memory-bridge sweep --confirm"${isClock && !isShare ? ' or restart the bridge' : ''}.`
  }
}

function hours (seconds: number): string {
  return `${(Math.abs(seconds) / 3600).toLocaleString('en', { maximumFractionDigits: 1 })} hours`
}
