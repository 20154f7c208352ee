/**
 * Fetches missed calls, page by page on request; with BACKFILL also after the start, where failures are only logged.
 */
import fp from 'fastify-plugin'
import type { BackfilledPage } from '../schemas/backfill.ts'
import { backfillAtStart } from '../src/backfill/at-start.ts'
import { backfillPage } from '../src/backfill/backfill.ts'
import { withDeadline, withTimeLimit } from '../src/time.ts'
import { BRIEF } from '../src/elevenlabs/ask.ts'
import { ElevenLabsUnavailable } from '../src/errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Fetches one page, in at most 90 seconds. Otherwise as {@link backfillPage}. */
    backfill: (since: number | null) => Promise<BackfilledPage>
  }
}

/** Shorter than `memory-bridge backfill` waits for a response. */
const PAGE_MS = 90_000

/** How long a stop waits for the current call. */
const LAST_CALL_MS = 1000

export default fp(async function backfillPlugin (fastify) {
  const stop = new AbortController()
  let fetching = Promise.resolve()

  fastify.decorate('backfill', async (since: number | null) => {
    return await withTimeLimit(PAGE_MS, stop.signal, async (signal) => {
      try {
        return await backfillPage(fastify, since, { patience: BRIEF, signal })
      } catch (error) {
        if (stop.signal.aborted) throw new ElevenLabsUnavailable('the bridge is stopping')
        if (signal.aborted) throw new ElevenLabsUnavailable(`a page took more than ${PAGE_MS / 1000} seconds`)
        throw error
      }
    })
  })

  fastify.addHook('onReady', async () => {
    if (fastify.config.BACKFILL) fetching = backfillAtStart(fastify, stop.signal)
  })
  fastify.addHook('preClose', async () => { stop.abort() })
  fastify.addHook('onClose', async () => {
    await withDeadline(fetching, LAST_CALL_MS, () => {})
  })
}, {
  name: 'backfill', dependencies: ['config', 'call-context', 'store', 'learning'], fastify: '5.x'
})
