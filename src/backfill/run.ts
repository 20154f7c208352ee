/** The stored progress of a backfill, which survives a restart, as pure changes of its document. */
import { isDeepStrictEqual } from 'node:util'
import type { BackfillPosition, BackfillRun } from '../../schemas/caller-record.ts'
import type { DocumentChange } from '../caller/caller.ts'

/** A run that is not finished. */
export type OpenRun = BackfillRun & { next: BackfillPosition }

/** An unfinished run younger than this is resumed even if `since` differs. */
const RESUME_MS = 24 * 60 * 60 * 1000

/**
 * A run longer than this makes one more pass, starting this much before it began, to catch calls that were still going
 * on or that started meanwhile.
 */
const OVERLAP_MS = 60 * 60 * 1000

/**
 * Starts a run, or resumes the unfinished one if it has the same `since`, or if it is less than a day old and its
 * `since` is earlier. The result is null when there is nothing to resume.
 *
 * @param since - Unix seconds, 0 to 253402300799; null only resumes
 * @param agentIds - of our agents; at least one
 */
export function beginRun (
  since: number | null, agentIds: readonly string[], now: Date
): DocumentChange<BackfillRun, OpenRun | null> {
  return (stored) => {
    const unfinished = stored !== null && isOpen(stored) ? stored : null
    const isResumed = since === null || (unfinished !== null && covers(unfinished, since, now))
    const run = isResumed ? unfinished : newRun(since, agentIds, now)
    if (run === null) return { value: stored, result: null }
    // Start over if the agent was removed from the settings meanwhile.
    const value = agentIds.includes(run.next.agent)
      ? run
      : { ...run, next: positionAt(secondsOf(run.since), agentIds) }
    return { value, result: value }
  }
}

/**
 * Stores where the next page begins. The result is the position to go on from, or null when the run is finished. If
 * another process has stored a position since, that one wins.
 *
 * @param next - null when the page was the last one
 */
export function savePosition (
  run: OpenRun, next: BackfillPosition | null, agentIds: readonly string[], now: Date
): DocumentChange<BackfillRun, BackfillPosition | null> {
  return (stored) => {
    if (stored !== null && !isDeepStrictEqual(stored.next, run.next)) return { value: stored, result: stored.next }
    const saved = next === null ? finish(run, agentIds, now) : { ...run, next }
    return { value: saved, result: saved.next }
  }
}

function finish (run: OpenRun, agentIds: readonly string[], now: Date): BackfillRun {
  const begun = Date.parse(run.begun_at)
  if (now.getTime() - begun <= OVERLAP_MS) return { ...run, next: null, finished_at: now.toISOString() }
  const overlapFrom = Math.max(Math.floor((begun - OVERLAP_MS) / 1000), secondsOf(run.since))
  return { ...run, begun_at: now.toISOString(), next: positionAt(overlapFrom, agentIds) }
}

/** Null after the last agent's last page. */
export function pageAfter (
  position: BackfillPosition, cursor: string | null, agentIds: readonly string[]
): BackfillPosition | null {
  const nextAgent = agentIds[agentIds.indexOf(position.agent) + 1]
  if (cursor !== null) return { ...position, cursor }
  return nextAgent === undefined ? null : { ...position, agent: nextAgent, cursor: null }
}

/**
 * Progress of a run after a page, 0 to 1: finished agents, plus the share of the time range that the current agent has
 * covered.
 *
 * @param starts - when the calls of the page began, in Unix seconds
 */
export function progressOf (
  { next: position, begun_at: begunAt }: OpenRun,
  starts: ReadonlyArray<number | null>,
  next: BackfillPosition | null,
  agentIds: readonly string[]
): number {
  const begun = Date.parse(begunAt) / 1000
  const reached = Math.min(begun, ...starts.filter((start) => start !== null))
  const covered = Math.min((begun - reached) / Math.max(begun - position.since, 1), 1)
  const ofAgent = next?.agent === position.agent ? covered : 1
  return (agentIds.indexOf(position.agent) + ofAgent) / agentIds.length
}

function newRun (since: number, agentIds: readonly string[], now: Date): OpenRun {
  return {
    version: 1,
    since: new Date(since * 1000).toISOString(),
    begun_at: now.toISOString(),
    next: positionAt(since, agentIds),
    finished_at: null
  }
}

function positionAt (since: number, agentIds: readonly string[]): BackfillPosition {
  return { since, agent: agentIds[0]!, cursor: null }
}

function isOpen (run: BackfillRun): run is OpenRun {
  return run.next !== null
}

function covers (run: OpenRun, since: number, now: Date): boolean {
  const age = now.getTime() - Date.parse(run.begun_at)
  return secondsOf(run.since) === since || (secondsOf(run.since) < since && age >= 0 && age < RESUME_MS)
}

function secondsOf (instant: string): number {
  return Math.floor(Date.parse(instant) / 1000)
}
