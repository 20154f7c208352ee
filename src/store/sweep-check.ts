/** Whether a sweep may erase what it has counted, and what an operator is told when it may not. Pure. */
import type { StoppedSweep, Sweep } from '../../schemas/caller-record.ts'

/** So many callers are always erased, however few there are: a share of them says nothing about a wrong clock. */
const FEW_CALLERS = 20

/** How far the wall clock may part from the time that passed, in milliseconds: an hour. */
const MAX_DRIFT_MS = 60 * 60 * 1000

export interface SweepInput {
  /** Callers with a record. */
  callers: number
  /** How many of them would be erased. */
  toErase: number
  /** RETENTION_MAX_SHARE, in percent. */
  maxShare: number
  /** How far the clock moved beyond the time that passed since the process was started, in milliseconds. */
  driftMs: number
}

/** Why a sweep must not go on by itself; empty when it may. */
export function stopReasons ({ callers, toErase, maxShare, driftMs }: SweepInput): StoppedSweep['reasons'] {
  return [
    ...(isTooMany(toErase, callers, maxShare) ? ['share' as const] : []),
    ...(Math.abs(driftMs) > MAX_DRIFT_MS ? ['clock' as const] : [])
  ]
}

/** @param maxShare - in percent */
export function isTooMany (toErase: number, callers: number, maxShare: number): boolean {
  return toErase > FEW_CALLERS && toErase * 100 > callers * maxShare
}

/** What to do about a sweep that is stopped; null when none is. */
export function sweepWarning (sweep: Sweep | null): string | null {
  const stopped = sweep?.plan?.stopped ?? null
  if (stopped === null) return null
  const { reasons, callers, clock_drift_secs: driftSecs } = stopped
  const isShare = reasons.includes('share')
  const isClock = reasons.includes('clock')
  const share = isShare ? `, more than RETENTION_MAX_SHARE allows (${stopped.max_share} %)` : ''
  // Without RETENTION_DAYS nobody is counted.
  const counted = callers === 0
    ? ''
    : `: with the clock at ${stopped.counted_at} it would erase ${stopped.to_erase} of ${callers} callers${share}`
  const drift = `${driftSecs > 0 ? 'ahead' : 'back'} by ${hours(driftSecs)}`
  return [
    `A sweep is stopped and removes nothing${counted}.`,
    ...(isClock ? [`Since the bridge was started the clock was set ${drift}, or the machine slept.`] : []),
    `Check the clock${isShare ? ' and RETENTION_DAYS' : ''}.`,
    `If the sweep is right, run "memory-bridge sweep --confirm"${isClock && !isShare ? ' or restart the bridge' : ''}.`
  ].join(' ')
}

function hours (seconds: number): string {
  return `${(Math.abs(seconds) / 3600).toLocaleString('en', { maximumFractionDigits: 1 })} hours`
}
