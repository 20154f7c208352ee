/** BACKFILL: fetches, in the background, calls that were missed while the bridge was down. */
import { ElevenLabsRefused } from '../errors.ts'
import { pauseInBackground } from '../time.ts'
import { NO_COUNTS, sumCounts } from './backfill.ts'
import type { Backfiller } from './backfiller.ts'

export interface BackfillAtStartParts {
  backfill: Backfiller
  now: () => Date
  log: Record<'info' | 'warn' | 'error', (fields: object, message: string) => void>
  pause?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined
}

const DAYS = 7

/** Pause between pages: calls that come in now go first. */
const REST_MS = 1000

const RETRY_MS = 600_000

/**
 * Fetches the calls of the last seven days until it is done or the signal is aborted, and logs the counts. Never
 * rejects: the bridge works without these calls, so what fails is only logged.
 */
export async function backfillAtStart (
  { backfill, now, log, pause = pauseInBackground }: BackfillAtStartParts, signal: AbortSignal
): Promise<void> {
  let since: number | null = Math.floor(now().getTime() / 1000) - DAYS * 24 * 60 * 60
  let counts = NO_COUNTS
  while (!signal.aborted) {
    let restMs = REST_MS
    try {
      const step = await backfill(since, signal)
      since = null
      counts = sumCounts(counts, step.counts)
      if (step.next === null) {
        log[counts.failed > 0 ? 'warn' : 'info']({ ...counts }, 'missed calls were fetched')
        return
      }
    } catch (err) {
      if (signal.aborted) return
      if (err instanceof ElevenLabsRefused) {
        log.error({ err }, 'missed calls cannot be fetched: fix the settings and restart the bridge')
        return
      }
      log.error({ err }, 'fetching missed calls failed: trying again in ten minutes')
      restMs = RETRY_MS
    }
    await pause(restMs, signal)
  }
}
