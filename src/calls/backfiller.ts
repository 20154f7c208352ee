/** Fetches missed calls page by page and keeps the position in the store: for the API, the command and BACKFILL. */
import type { BackfillPosition } from '../../schemas/caller-record.ts'
import { BackfillPositionLost } from '../errors.ts'
import type { Store } from '../store/store.ts'
import { backfillPage, NO_COUNTS, type BackfillCounts, type BackfillPage, type BackfillParts } from './backfill.ts'
import { beginRun, savePosition, type OpenRun } from './backfill-run.ts'

export interface BackfillerParts extends BackfillParts {
  store: Pick<Store, 'updateDocument'>
  now: () => Date
}

export interface BackfillStep {
  /** Of this page. */
  counts: BackfillCounts
  /** Start of the run's time range, ISO 8601; null when there was no run to resume. */
  since: string | null
  /** Of the run, 0 to 1. */
  progress: number
  next: BackfillPosition | null
}

/**
 * Does one page. Rejects as {@link backfillPage} does; the next call then tries the same page again.
 *
 * @param since - Unix seconds, for the first page: starts a run or resumes one, see {@link beginRun}; null for the rest
 */
export type Backfiller = (since: number | null, signal: AbortSignal) => Promise<BackfillStep>

export function createBackfiller ({ store, now, ...parts }: BackfillerParts): Backfiller {
  const { agentIds } = parts
  const input = () => ({ agentIds, now: now() })

  return async function backfill (since, signal) {
    signal.throwIfAborted()
    const run = await store.updateDocument('backfill', beginRun(since, input()))
    if (run === null) return { counts: NO_COUNTS, since: null, progress: 1, next: null }
    const page = await fetchPage(run, signal)
    const next = await store.updateDocument('backfill', savePosition(run, page.next, input()))
    return { counts: page.counts, since: run.since, progress: progressOf(run, page, agentIds), next }
  }

  async function fetchPage (run: OpenRun, signal: AbortSignal): Promise<BackfillPage> {
    try {
      return await backfillPage(parts, run.next, signal)
    } catch (error) {
      if (error instanceof BackfillPositionLost) {
        await store.updateDocument('backfill', savePosition(run, { ...run.next, cursor: null }, input()))
      }
      throw error
    }
  }
}

/** Finished agents, plus the share of the time range that the current agent has covered. */
function progressOf (
  { next: position, begun_at: begunAt }: OpenRun, { reached, next }: BackfillPage, agentIds: readonly string[]
): number {
  const begun = Date.parse(begunAt) / 1000
  const covered = reached === null ? 0 : (begun - reached) / Math.max(begun - position.since, 1)
  const ofAgent = next?.agent === position.agent ? Math.min(Math.max(covered, 0), 1) : 1
  return (agentIds.indexOf(position.agent) + ofAgent) / agentIds.length
}
