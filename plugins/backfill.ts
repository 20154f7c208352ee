/**
 * Fetches missed calls, page by page on request; with BACKFILL also after the start, where failures are only logged.
 */
import fp from 'fastify-plugin'
import { backfillAtStart } from '../src/calls/backfill-at-start.ts'
import { sinceSeconds } from '../src/calls/backfill-since.ts'
import { createBackfiller, type BackfillStep } from '../src/calls/backfiller.ts'
import { withDeadline, withTimeLimit } from '../src/deadline.ts'
import { ElevenLabsUnavailable } from '../src/errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Fetches one page, in at most 90 seconds. Throws `ElevenLabsUnavailable`, `ElevenLabsRefused`,
     * `BackfillPositionLost`, `StorageUnavailable`, or `RequestInvalid` if `since` is not a valid time.
     *
     * @param since - ISO 8601 or Unix seconds, to start a run or resume an unfinished one; null only resumes
     */
    backfill: (since: string | number | null) => Promise<BackfillStep>
  }
}

/** Shorter than `memory-bridge backfill` waits for a response. */
const PAGE_MS = 90_000

/** How long a stop waits for the current call. */
const LAST_CALL_MS = 1000

export default fp(async function backfillPlugin (fastify) {
  const { config, store, calls, now, log } = fastify
  const stop = new AbortController()
  let fetching = Promise.resolve()
  const backfill = createBackfiller({
    store,
    elevenLabs: fastify,
    agentIds: config.ELEVENLABS_AGENT_ID,
    now,
    async endCall (envelope, isSigned) {
      const report = await calls.end(envelope, isSigned)
      const { ownNumberWithRecord: caller } = report
      if (caller !== null) {
        log.warn({ caller },
          'a record is stored under one of our own numbers: it is never told; look at it and erase it')
      }
      return report
    }
  })

  fastify.decorate('backfill', async (since: string | number | null) => {
    return await withTimeLimit(PAGE_MS, stop.signal, async (limited) => {
      try {
        return await backfill(since === null ? null : sinceSeconds(since), limited)
      } catch (error) {
        if (stop.signal.aborted) throw new ElevenLabsUnavailable('the bridge is stopping')
        if (limited.aborted) throw new ElevenLabsUnavailable(`a page took more than ${PAGE_MS / 1000} seconds`)
        throw error
      }
    })
  })

  fastify.addHook('onReady', async () => {
    if (config.BACKFILL) fetching = backfillAtStart({ backfill, now, log }, stop.signal)
  })
  fastify.addHook('preClose', async () => { stop.abort() })
  fastify.addHook('onClose', async () => {
    await withDeadline(fetching, LAST_CALL_MS, () => {})
  })
}, { name: 'backfill', dependencies: ['config', 'clock', 'store', 'calls'], fastify: '5.x' })
