/** Sweeps old data and finds records under our own numbers, after the start and daily. Failures are only logged. */
import { randomUUID } from 'node:crypto'
import { setInterval } from 'node:timers'
import fp from 'fastify-plugin'
import type { SweepReview } from '../schemas/sweep.ts'
import { warnOfOwnRecords } from '../src/calls/own-numbers.ts'
import { reviewSweep } from '../src/store/sweep-review.ts'
import { keepSweeping } from '../src/store/sweep.ts'
import { clockDriftMs, DAY_MS, wakeablePause, withDeadline } from '../src/time.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Returns the last sweep; `confirm` lets a stopped one continue. Throws `StorageUnavailable`, `RecordDamaged`. */
    reviewSweep: (confirm: boolean) => Promise<SweepReview>
  }
}

/** How long a stop waits for the current step, because a disk can hang. */
const LAST_STEP_MS = 1000

/** @param monotonicMs - a clock that cannot be set, in milliseconds */
export default fp<{ monotonicMs: () => number }>(async function housekeepingPlugin (fastify, { monotonicMs }) {
  const { config, log, now, store, callerId: { ownNumbers } } = fastify
  const days = { marks: config.ERASURE_MARK_DAYS, callers: config.RETENTION_DAYS ?? null }
  const readClocks = () => ({ wallMs: now().getTime(), monotonicMs: monotonicMs() })
  const start = readClocks()
  const { pause, wake } = wakeablePause()
  const stop = new AbortController()
  let sweeping = Promise.resolve()
  let reporting = Promise.resolve()
  const report = () => { reporting = warnOfOwnRecords({ store, log }, ownNumbers, stop.signal) }
  const daily = setInterval(report, DAY_MS).unref()

  fastify.decorate('reviewSweep', async (confirm: boolean) => {
    const review = await reviewSweep(store, confirm, now())
    if (review.confirmed) {
      const { callers, to_erase: toErase } = review
      log.info({ callers, to_erase: toErase }, 'an operator confirmed the stopped sweep: it continues')
      wake()
    }
    return review
  })

  fastify.addHook('onReady', async () => {
    const driftMs = () => clockDriftMs(start, readClocks())
    const maxShare = config.RETENTION_MAX_SHARE
    sweeping = keepSweeping({ store, days, maxShare, now, driftMs, newId: randomUUID, log, pause }, stop.signal)
    report()
  })
  fastify.addHook('onClose', async () => {
    clearInterval(daily)
    stop.abort()
    await withDeadline<unknown>(Promise.all([sweeping, reporting]), LAST_STEP_MS, () => {})
  })
}, { name: 'housekeeping', dependencies: ['config', 'call-context', 'store'], fastify: '5.x' })
