/** BACKFILL: fetches, in the background, calls that were missed while the bridge was down. */
import { pauseInBackground } from '../time.ts'
import { PATIENT } from '../elevenlabs/ask.ts'
import { ElevenLabsRefused } from '../errors.ts'
import { backfillPage, NO_COUNTS, OUTCOMES, type BackfillContext } from './backfill.ts'

const DAYS = 7

/** Pause between pages: calls that come in now go first. */
const REST_MS = 1000

const RETRY_MS = 600_000

/**
 * Fetches the calls of the last seven days until it is done or the signal is aborted, and logs the counts. Never
 * rejects: the bridge works without these calls, so what fails is only logged.
 */
export async function backfillAtStart (
  ctx: BackfillContext, signal: AbortSignal, pause = pauseInBackground
): Promise<void> {
  const { log, now } = ctx
  const counts = { ...NO_COUNTS }
  let since: number | null = Math.floor(now().getTime() / 1000) - DAYS * 24 * 60 * 60
  while (!signal.aborted) {
    let restMs = REST_MS
    try {
      const page = await backfillPage(ctx, since, { patience: PATIENT, signal })
      since = null
      for (const outcome of OUTCOMES) counts[outcome] += page[outcome]
      if (page.next === null) {
        log[counts.failed > 0 ? 'warn' : 'info'](counts, 'missed calls were fetched')
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
