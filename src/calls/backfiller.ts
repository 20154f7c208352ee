/** Fetching missed calls step by step, with the place kept in the store: for the API, the command and the start of the bridge. */
import type { BackfillPosition } from '../../schemas/caller-record.ts'
import { BackfillPositionLost } from '../errors.ts'
import type { Store } from '../store/store.ts'
import { backfillPage, NO_COUNTS, type BackfillCounts, type BackfillPage, type BackfillParts } from './backfill.ts'
import { beginRun, savePosition, type OpenRun } from './backfill-run.ts'

export interface BackfillerParts extends BackfillParts {
  store: Pick<Store, 'updateDocument'>
  now: () => Date
}

/** What became of a page, and of the run that it belongs to. */
export interface BackfillStep {
  counts: BackfillCounts
  /** ISO 8601: calls from then on are fetched. Null when there was nothing to go on with. */
  since: string | null
  /** How far the run has come, 0 to 1. */
  progress: number
  next: BackfillPosition | null
}

/**
 * Does a page. Rejects as {@link backfillPage} does: then the same page comes next time.
 *
 * @param since - Unix seconds, to begin with (or to go on with what was broken off); null to go on
 */
export type Backfiller = (since: number | null, signal: AbortSignal) => Promise<BackfillStep>

export function createBackfiller ({ store, now, ...parts }: BackfillerParts): Backfiller {
  const { agentIds } = parts
  const input = () => ({ agentIds, now: now() })

  return async function backfill (since, signal) {
    signal.throwIfAborted()
    const run = await store.updateDocument('backfill', beginRun(since, input()))
    if (run === null) return { counts: NO_COUNTS, since: null, progress: 1, next: null }
    const page = await pageOf(run, signal)
    const next = await store.updateDocument('backfill', savePosition(run, page.next, input()))
    return { counts: page.counts, since: run.since, progress: partOf(run, page, agentIds), next }
  }

  async function pageOf (run: OpenRun, signal: AbortSignal): Promise<BackfillPage> {
    try {
      return await backfillPage(parts, run.next, signal)
    } catch (error) {
      if (error instanceof BackfillPositionLost) await store.updateDocument('backfill', savePosition(run, { ...run.next, cursor: null }, input()))
      throw error
    }
  }
}

/** Agents that are done, and how far back from the beginning of the run this one is. */
function partOf ({ next: position, begun_at: begunAt }: OpenRun, { reached, next }: BackfillPage, agentIds: readonly string[]): number {
  const begun = Date.parse(begunAt) / 1000
  const way = reached === null ? 0 : (begun - reached) / Math.max(begun - position.since, 1)
  const ofAgent = next?.agent === position.agent ? Math.min(Math.max(way, 0), 1) : 1
  return (agentIds.indexOf(position.agent) + ofAgent) / agentIds.length
}
