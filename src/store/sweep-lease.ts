/** Who sweeps, and from where: pure changes of the document that all processes on the same data share. */
import { isDeepStrictEqual } from 'node:util'
import type { StoppedSweep, Sweep, SweepPlan } from '../../schemas/caller-record.ts'
import type { RetentionDays } from '../caller/retention.ts'
import type { DocumentChange } from './store.ts'

/** How long a claim holds that is not renewed: a process that dies holds up the next one for so long. */
export const LEASE_MS = 60_000

const DAY_MS = 24 * 60 * 60 * 1000

/** Of the time between two starts of sweeps at most one part in so many is spent sweeping, however often a process starts. */
const SHARE_AT_START = 10

/** What a sweep has done when it begins. */
export const NO_COUNTS: Sweep['counts'] = { callers: 0, erased: 0, facts: 0, notes: 0, marks: 0, unreadable: 0, failed: 0 }

/** A sweep that counts before it erases, as all do since 0.4.0. */
export type PlannedSweep = Sweep & { plan: SweepPlan }

export interface LeaseInput {
  /** A random id of this sweeper. */
  by: string
  now: Date
  /** As the settings have them. */
  days: RetentionDays
  /** Whether the process has just begun: then one is due before its day is over, and a stopped one is counted again. */
  isStart: boolean
  /** Whether no other process can be at the same data: a claim that is found is that of a dead one. */
  isAlone: boolean
}

/**
 * Takes the sweep on: one that was left unfinished goes on where it was, otherwise a new one begins when it is due.
 * The result is the sweep, or null when there is nothing to do.
 */
export function leaseSweep (input: LeaseInput): DocumentChange<Sweep, PlannedSweep | null> {
  const { by, now, isAlone } = input
  return (sweep) => {
    const begun = sweep !== null && isLeased(sweep, now, isAlone) ? null : sweepToDo(sweep, input)
    if (begun === null) return { value: sweep, result: null }
    const leased = { ...begun, claim: claim(by, now) }
    return { value: leased, result: leased }
  }
}

/** Keeps how far the sweep has come, and renews its claim. The result is null when somebody else has taken it over. */
export function saveSweep (progress: PlannedSweep, now: Date): DocumentChange<Sweep, PlannedSweep | null> {
  return (stored) => {
    const by = progress.claim?.by
    if (by === undefined || (stored !== null && stored.claim?.by !== by)) return { value: stored, result: null }
    const saved = { ...progress, claim: isAtRest(progress) ? null : claim(by, now) }
    return { value: saved, result: saved }
  }
}

/** Lets a stopped sweep go on, this once, as it was counted. The result says whether there was one. */
export function confirmSweep (now: Date): DocumentChange<Sweep, { sweep: Sweep | null, isConfirmed: boolean }> {
  return (sweep) => {
    if (sweep?.plan?.phase !== 'stopped') return { value: sweep, result: { sweep, isConfirmed: false } }
    const plan = { ...sweep.plan, phase: 'erasing' as const, stopped: null, confirmed_at: now.toISOString() }
    const confirmed = { ...sweep, after: null, plan }
    return { value: confirmed, result: { sweep: confirmed, isConfirmed: true } }
  }
}

/** @param stopped - why the one before was stopped, when it was: that holds until everybody is counted */
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

/** Whether nobody has to be at it: it is finished, or waits for an operator. */
export function isAtRest ({ finished_at: finishedAt, plan }: PlannedSweep): boolean {
  return finishedAt !== null || plan.phase === 'stopped'
}

/** What is left to do of a sweep, or a new one; null when there is nothing to do. */
function sweepToDo (sweep: Sweep | null, input: LeaseInput): PlannedSweep | null {
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

/** Counted with other settings, or, unless an operator has confirmed it, by a clock that was ahead. */
function isOutdated ({ started_at: startedAt, plan }: PlannedSweep, { now, days }: LeaseInput): boolean {
  const isOfAnotherClock = plan.confirmed_at === null && Date.parse(startedAt) - now.getTime() > LEASE_MS
  return isOfAnotherClock || !isDeepStrictEqual(plan.days, days)
}

function claim (by: string, now: Date): Sweep['claim'] {
  return { by, until: new Date(now.getTime() + LEASE_MS).toISOString() }
}

/** A claim for longer than there are any was made by a clock that was wrong. */
function isLeased ({ claim }: Sweep, now: Date, isAlone: boolean): boolean {
  if (claim === null || isAlone) return false
  const left = Date.parse(claim.until) - now.getTime()
  return left > 0 && left <= LEASE_MS
}

/** A day after the last one began; at a start sooner, when the last one was short. So it is when the clock was set back. */
function isDue ({ started_at: startedAt, finished_at: finishedAt }: Sweep, now: Date, isStart: boolean): boolean {
  const begun = Date.parse(startedAt)
  const age = now.getTime() - begun
  const length = finishedAt === null ? 0 : Date.parse(finishedAt) - begun
  return age < 0 || age >= DAY_MS || (isStart && length * SHARE_AT_START <= age)
}
