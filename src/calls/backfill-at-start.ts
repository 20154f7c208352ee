/** BACKFILL: what was missed while the bridge was down is fetched when it is up again, in the background and without haste. */
import { pauseInBackground } from '../background-pause.ts'
import { ElevenLabsRefused } from '../errors.ts'
import { NO_COUNTS, sumCounts } from './backfill.ts'
import type { Backfiller } from './backfiller.ts'

export interface BackfillAtStartParts {
  backfill: Backfiller
  now: () => Date
  log: Record<'info' | 'warn' | 'error', (fields: object, message: string) => void>
  /** Resolves after a while, or at once when the signal is aborted. Default: a timer that keeps no process alive. */
  pause?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined
}

const DAYS = 7

/** Between two pages: calls that ring come first. */
const REST_MS = 1000

const RETRY_MS = 600_000

/**
 * Fetches the calls of the last seven days, until it is done or the signal is aborted, and logs what became of them.
 * Never rejects: the bridge works without it, and an operator finds in the log what failed.
 */
export async function backfillAtStart ({ backfill, now, log, pause = pauseInBackground }: BackfillAtStartParts, signal: AbortSignal): Promise<void> {
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
        log.error({ err }, 'missed calls cannot be fetched: mend the settings and start the bridge again')
        return
      }
      log.error({ err }, 'fetching missed calls came to a halt; it goes on in ten minutes')
      restMs = RETRY_MS
    }
    await pause(restMs, signal)
  }
}
