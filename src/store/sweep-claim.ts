/** Who sweeps, and from where: pure changes of the document that all processes on the same data share. */
import type { Sweep } from '../../schemas/caller-record.ts'
import type { DocumentChange } from './store.ts'

/** How long a claim holds that is not renewed: a process that dies holds up the next one for so long. */
export const CLAIM_MS = 60_000

const DAY_MS = 24 * 60 * 60 * 1000

/** Of the time between two starts of sweeps at most one part in so many is spent sweeping, however often a process starts. */
const SHARE_AT_START = 10

/** What a sweep has done when it begins. */
export const NO_COUNTS: Sweep['counts'] = { callers: 0, erased: 0, facts: 0, notes: 0, marks: 0, unreadable: 0, failed: 0 }

export interface ClaimInput {
  /** A random id of this sweeper. */
  by: string
  now: Date
  /** Whether the process has just begun: then a sweep is due before its day is over. */
  isStart: boolean
  /** Whether no other process can be at the same data: a claim that is found is that of a dead one. */
  isAlone: boolean
}

/**
 * Takes the sweep on: one that was left unfinished goes on where it was, otherwise a new one begins when it is due.
 * The result is the sweep, or null when there is nothing to do.
 */
export function claimSweep ({ by, now, isStart, isAlone }: ClaimInput): DocumentChange<Sweep, Sweep | null> {
  return (sweep) => {
    if (sweep !== null && (isClaimed(sweep, now, isAlone) || !(isUnfinished(sweep) || isDue(sweep, now, isStart)))) {
      return { value: sweep, result: null }
    }
    const begun = sweep !== null && isUnfinished(sweep) ? sweep : newSweep(now)
    const claimed = { ...begun, claim: claim(by, now) }
    return { value: claimed, result: claimed }
  }
}

/** Keeps how far the sweep has come, and renews its claim. The result is null when somebody else has taken it over. */
export function saveSweep (progress: Sweep, now: Date): DocumentChange<Sweep, Sweep | null> {
  return (stored) => {
    const by = progress.claim?.by
    if (by === undefined || (stored !== null && stored.claim?.by !== by)) return { value: stored, result: null }
    const saved = { ...progress, claim: progress.finished_at === null ? claim(by, now) : null }
    return { value: saved, result: saved }
  }
}

function newSweep (now: Date): Sweep {
  return {
    version: 1,
    started_at: now.toISOString(),
    finished_at: null,
    after: null,
    claim: null,
    counts: NO_COUNTS
  }
}

function claim (by: string, now: Date): Sweep['claim'] {
  return { by, until: new Date(now.getTime() + CLAIM_MS).toISOString() }
}

function isUnfinished ({ finished_at: finishedAt }: Sweep): boolean {
  return finishedAt === null
}

/** A claim for longer than there are any was made by a clock that was wrong. */
function isClaimed ({ claim }: Sweep, now: Date, isAlone: boolean): boolean {
  if (claim === null || isAlone) return false
  const left = Date.parse(claim.until) - now.getTime()
  return left > 0 && left <= CLAIM_MS
}

/** A day after the last one began; at a start sooner, when the last one was short. So it is when the clock was set back. */
function isDue ({ started_at: startedAt, finished_at: finishedAt }: Sweep, now: Date, isStart: boolean): boolean {
  const begun = Date.parse(startedAt)
  const age = now.getTime() - begun
  const length = finishedAt === null ? 0 : Date.parse(finishedAt) - begun
  return age < 0 || age >= DAY_MS || (isStart && length * SHARE_AT_START <= age)
}
