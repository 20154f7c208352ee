/**
 * The data, shared as `fastify.store`. Opened and locked at start, flushed and let go after the last request;
 * the start fails when DATA_DIR cannot be used. Keeps house after the start and once a day.
 */
import { setInterval } from 'node:timers'
import fp from 'fastify-plugin'
import { DOCUMENT_SCHEMAS, ErasureMarkSchema, StoredCallerSchema } from '../schemas/caller-record.ts'
import { compileChecks } from '../src/store/compile-checks.ts'
import { keepHouse } from '../src/store/housekeeping.ts'
import { openStore } from '../src/store/open-store.ts'
import type { Store } from '../src/store/store.ts'

declare module 'fastify' {
  interface FastifyInstance {
    store: Store
  }
}

export interface StoreOptions {
  /** Stands in for the disk in tests. Default: a file store under DATA_DIR. */
  store?: Store | undefined
  /** The clock. */
  now: () => Date
}

const DAY_MS = 24 * 60 * 60 * 1000

export default fp<StoreOptions>(async function storePlugin (fastify, opts) {
  const { config, log, callerId: { ownNumbers } } = fastify
  const checks = compileChecks({ caller: StoredCallerSchema, mark: ErasureMarkSchema, documents: DOCUMENT_SCHEMAS })
  const store = opts.store ?? await openStore(config, { checks, now: opts.now, log })
  fastify.decorate('store', store)

  // Calls do not wait for it: it may take long, or fail, and they can be answered all the same.
  let round = Promise.resolve()
  const housekeep = () => { round = keepHouse({ store, ownNumbers, markDays: config.ERASURE_MARK_DAYS, now: opts.now, log }) }
  const daily = setInterval(housekeep, DAY_MS).unref()
  fastify.addHook('onReady', async () => housekeep())
  fastify.addHook('onClose', async () => {
    clearInterval(daily)
    await round
    await store.close()
  })
}, { name: 'store', dependencies: ['config', 'caller-id'], fastify: '5.x' })
