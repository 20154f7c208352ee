/**
 * Which process sweeps, from where, and whether it may erase what it counted: pure changes of a document that all
 * processes on the same data share.
 */
import { isDeepStrictEqual } from 'node:util'
import type { StoppedSweep, Sweep, SweepPlan } from '../../schemas/caller-record.ts'
import type { DocumentChange } from '../caller/caller.ts'
import type { RetentionDays } from '../caller/retention.ts'
import { DAY_MS } from '../time.ts'

/** In milliseconds. After a crash, the next process waits this long for the lease. */
export const LEASE_MS = 60_000

/** At start, sweep early only if the last sweep took at most 1/10 of the time since it began. */
const EARLY_START_RATIO = 10

/** Up to this many callers are always erased: in a small memory a share says nothing about the clock. */
const FEW_CALLERS = 20

/** How much the wall clock may differ from the time that has passed, in milliseconds. */
const MAX_DRIFT_MS = 60 * 60 * 1000

export const NO_COUNTS: Sweep['counts'] = {
  callers: 0, erased: 0, facts: 0, notes: 0, marks: 0, unreadable: 0, failed: 0
}

/** A sweep that counts before it erases, as all do since 0.4.0. */
export type PlannedSweep = Sweep & { plan: SweepPlan }

export interface LeaseInput {
  /** A random id for this lease. */
  by: string
  now: Date
  days: RetentionDays
  /** Whether the process just started: then a sweep may be due early, and a stopped one is counted again. */
  isStart: boolean
  /** Whether no other process can use the data: then any lease is left over from a crash. */
  isAlone: boolean
}

/** Resumes an unfinished sweep, or begins one that is due. Null if there is none, or another process sweeps. */
export function leaseSweep (input: LeaseInput): DocumentChange<Sweep, PlannedSweep | null> {
  const { by, now, isAlone } = input
  return (sweep) => {
    const next = sweep !== null && isLeased(sweep, now, isAlone) ? null : nextSweep(sweep, input)
    if (next === null) return { value: sweep, result: null }
    const leased = { ...next, claim: lease(by, now) }
    return { value: leased, result: leased }
  }
}

/** Saves the progress and renews the lease. The result is null when another process has taken over. */
export function saveSweep (progress: PlannedSweep, now: Date): DocumentChange<Sweep, PlannedSweep | null> {
  return (stored) => {
    const by = progress.claim?.by
    if (by === undefined || (stored !== null && stored.claim?.by !== by)) return { value: stored, result: null }
    const saved = { ...progress, claim: isAtRest(progress) ? null : lease(by, now) }
    return { value: saved, result: saved }
  }
}

/** Lets a stopped sweep erase what it counted, this once. The result says whether one was stopped. */
export function confirmSweep (now: Date): DocumentChange<Sweep, { sweep: Sweep | null, isConfirmed: boolean }> {
  return (sweep) => {
    if (sweep?.plan?.phase !== 'stopped') return { value: sweep, result: { sweep, isConfirmed: false } }
    const plan = { ...sweep.plan, phase: 'erasing' as const, stopped: null, confirmed_at: now.toISOString() }
    const confirmed = { ...sweep, after: null, plan }
    return { value: confirmed, result: { sweep: confirmed, isConfirmed: true } }
  }
}

/** @param stopped - why the previous sweep was stopped; kept until all callers are counted */
export function newSweep (now: Date, days: RetentionDays, stopped: StoppedSweep | null = null): PlannedSweep {
  return {
    version: 1,
    started_at: now.toISOString(),
    finished_at: null,
    after: null,
    claim: null,
    counts: NO_COUNTS,
    plan: { phase: 'counting', days, counted: { callers: 0, to_erase: 0 }, stopped, confirmed_at: null }
  }
}

/** Finished, or waiting for an operator: no process needs the lease. */
export function isAtRest ({ finished_at: finishedAt, plan }: PlannedSweep): boolean {
  return finishedAt !== null || plan.phase === 'stopped'
}

function nextSweep (sweep: Sweep | null, input: LeaseInput): PlannedSweep | null {
  const { now, days, isStart } = input
  if (sweep === null) return newSweep(now, days)
  if (sweep.finished_at !== null) return isDue(sweep, now, isStart) ? newSweep(now, days) : null
  if (!isPlanned(sweep)) return newSweep(now, days)
  const { phase, stopped } = sweep.plan
  if (isOutdated(sweep, input) || (phase === 'stopped' && isStart)) return newSweep(now, days, stopped)
  return phase === 'stopped' ? null : sweep
}

function isPlanned (sweep: Sweep): sweep is PlannedSweep {
  return sweep.plan !== undefined
}

/** Counted with other settings, or by a clock that was ahead, unless an operator has confirmed it. */
function isOutdated ({ started_at: startedAt, plan }: PlannedSweep, { now, days }: LeaseInput): boolean {
  const isOfAnotherClock = plan.confirmed_at === null && Date.parse(startedAt) - now.getTime() > LEASE_MS
  return isOfAnotherClock || !isDeepStrictEqual(plan.days, days)
}

function lease (by: string, now: Date): Sweep['claim'] {
  return { by, until: new Date(now.getTime() + LEASE_MS).toISOString() }
}

/** A lease longer than `LEASE_MS` was made by a wrong clock, and does not count. */
function isLeased ({ claim }: Sweep, now: Date, isAlone: boolean): boolean {
  if (claim === null || isAlone) return false
  const left = Date.parse(claim.until) - now.getTime()
  return left > 0 && left <= LEASE_MS
}

/** A sweep is due a day after the last one began, earlier at start, and at once after the clock was set back. */
function isDue ({ started_at: startedAt, finished_at: finishedAt }: Sweep, now: Date, isStart: boolean): boolean {
  const startMs = Date.parse(startedAt)
  const age = now.getTime() - startMs
  const length = finishedAt === null ? 0 : Date.parse(finishedAt) - startMs
  return age < 0 || age >= DAY_MS || (isStart && length * EARLY_START_RATIO <= age)
}

/**
 * Why a sweep may not erase what it counted; empty when it may.
 *
 * @param callers - with a record
 * @param maxShare - in percent
 * @param driftMs - how far the clock moved beyond the time that has passed since the process started
 */
export function stopReasons (
  { callers, toErase, maxShare, driftMs }: Record<'callers' | 'toErase' | 'maxShare' | 'driftMs', number>
): StoppedSweep['reasons'] {
  return [
    ...(isTooMany(toErase, callers, maxShare) ? ['share' as const] : []),
    ...(Math.abs(driftMs) > MAX_DRIFT_MS ? ['clock' as const] : [])
  ]
}

export function isTooMany (toErase: number, callers: number, maxShare: number): boolean {
  return toErase > FEW_CALLERS && toErase * 100 > callers * maxShare
}
