/** How far the walk through missed calls has come: pure changes of the document that outlives a stop. */
import { isDeepStrictEqual } from 'node:util'
import type { BackfillPosition, BackfillRun } from '../../schemas/caller-record.ts'
import type { DocumentChange } from '../store/store.ts'

/** A run that is not finished. */
export type OpenRun = BackfillRun & { next: BackfillPosition }

/** For so long a run that was broken off is gone on with, though another moment is asked for. */
const KEPT_MS = 24 * 60 * 60 * 1000

/** A run that took longer looks once more for what began since; so much before its own beginning, for calls that were still going on. */
const OVERLAP_MS = 60 * 60 * 1000

export interface RunInput {
  /** Our agents' ids, of which there is at least one. */
  agentIds: readonly string[]
  now: Date
}

/**
 * Begins a run, or goes on with the one that was broken off: when it is from the same moment, or began less than a day
 * ago and from no later a moment. The result is null when there is nothing to go on with.
 *
 * @param since - Unix seconds, 0 to 253402300799; null begins none
 */
export function beginRun (since: number | null, { agentIds, now }: RunInput): DocumentChange<BackfillRun, OpenRun | null> {
  return (stored) => {
    const left = stored !== null && isOpen(stored) ? stored : null
    const run = since === null || (left !== null && leadsTo(left, since, now)) ? left : newRun(since, agentIds, now)
    if (run === null) return { value: stored, result: null }
    // An agent that was taken out of the settings meanwhile.
    const ours = agentIds.includes(run.next.agent) ? run : { ...run, next: positionAt(secondsOf(run.since), agentIds) }
    return { value: ours, result: ours }
  }
}

/**
 * Keeps where the next page of a run begins. The result is where to go on, or null when it is finished. When somebody else
 * has done the same page, theirs is the place that counts.
 *
 * @param next - null when the page was the last one
 */
export function savePosition (run: OpenRun, next: BackfillPosition | null, { agentIds, now }: RunInput): DocumentChange<BackfillRun, BackfillPosition | null> {
  return (stored) => {
    if (stored !== null && !isDeepStrictEqual(stored.next, run.next)) return { value: stored, result: stored.next }
    const saved = next === null ? finished(run, agentIds, now) : { ...run, next }
    return { value: saved, result: saved.next }
  }
}

function finished (run: OpenRun, agentIds: readonly string[], now: Date): BackfillRun {
  const begun = Date.parse(run.begun_at)
  if (now.getTime() - begun <= OVERLAP_MS) return { ...run, next: null, finished_at: now.toISOString() }
  return { ...run, begun_at: now.toISOString(), next: positionAt(Math.max(Math.floor((begun - OVERLAP_MS) / 1000), secondsOf(run.since)), agentIds) }
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

function leadsTo (run: OpenRun, since: number, now: Date): boolean {
  const age = now.getTime() - Date.parse(run.begun_at)
  return secondsOf(run.since) === since || (secondsOf(run.since) < since && age >= 0 && age < KEPT_MS)
}

function secondsOf (instant: string): number {
  return Math.floor(Date.parse(instant) / 1000)
}
