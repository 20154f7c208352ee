/**
 * What the data need now and then: what is not to be kept is swept out, records under our own numbers are reported,
 * after the start and once a day. In the background: calls do not wait for it, and it may fail.
 */
import { randomUUID } from 'node:crypto'
import { setInterval } from 'node:timers'
import fp from 'fastify-plugin'
import { reportOwnNumbers } from '../src/calls/own-number-report.ts'
import { withDeadline } from '../src/deadline.ts'
import { keepSweeping } from '../src/store/sweep.ts'

export interface HousekeepingOptions {
  /** The clock. */
  now: () => Date
}

const DAY_MS = 24 * 60 * 60 * 1000

/** How long a stop waits for the step that is being done. A disk that hangs must not keep it. */
const LAST_STEP_MS = 1000

export default fp<HousekeepingOptions>(async function housekeepingPlugin (fastify, { now }) {
  const { config, log, store, callerId: { ownNumbers } } = fastify
  const days = { marks: config.ERASURE_MARK_DAYS, callers: config.RETENTION_DAYS ?? null }
  const stop = new AbortController()
  let sweeping = Promise.resolve()
  let reporting = Promise.resolve()
  const report = () => { reporting = reportOwnNumbers({ store, ownNumbers, log }, stop.signal) }
  const daily = setInterval(report, DAY_MS).unref()

  fastify.addHook('onReady', async () => {
    sweeping = keepSweeping({ store, days, now, newId: randomUUID, log }, stop.signal)
    report()
  })
  fastify.addHook('onClose', async () => {
    clearInterval(daily)
    stop.abort()
    await withDeadline(lastStep(), LAST_STEP_MS, () => {})
  })

  async function lastStep (): Promise<void> {
    await sweeping
    await reporting
  }
}, { name: 'housekeeping', dependencies: ['config', 'store', 'caller-id'], fastify: '5.x' })
