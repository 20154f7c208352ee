/**
 * The data, shared as `fastify.store`: in PostgreSQL when DATABASE_URL is set, else under DATA_DIR. Opened at start, flushed
 * and let go after the last request. The start fails when DATA_DIR is locked or DATA_ENCRYPTION_KEY lacks a key. It does
 * not fail, and waits two seconds at most, when the data cannot be used at the moment.
 */
import fp from 'fastify-plugin'
import { DOCUMENT_SCHEMAS, ErasureMarkSchema, StoredCallerSchema } from '../schemas/caller-record.ts'
import { compileChecks } from '../src/store/compile-checks.ts'
import type { Disk } from '../src/store/file/disk.ts'
import { openLateStore } from '../src/store/open-store.ts'
import type { Store } from '../src/store/store.ts'

declare module 'fastify' {
  interface FastifyInstance {
    store: Store
    /** Call starts since the start that were answered, but not recorded; the post-call of each restores it. */
    unrecordedCalls: { count: number }
  }
}

export interface StoreOptions {
  /** Stands in for the disk in tests. Default: a file store under DATA_DIR. */
  store?: Store | undefined
  /** Does file work in the calling thread in tests. Default: threads of its own. */
  disk?: Disk | undefined
  /** The clock. */
  now: () => Date
}

export default fp<StoreOptions>(async function storePlugin (fastify, opts) {
  const { config, log } = fastify
  const unrecordedCalls = { count: 0 }
  fastify.decorate('unrecordedCalls', unrecordedCalls)
  const checks = compileChecks({ caller: StoredCallerSchema, mark: ErasureMarkSchema, documents: DOCUMENT_SCHEMAS })
  const store = opts.store ?? await openLateStore(config, { checks, now: opts.now, log, disk: opts.disk, onLost: () => { unrecordedCalls.count++ } })
  fastify.decorate('store', store)

  fastify.addHook('onClose', () => store.close())
}, { name: 'store', dependencies: ['config'], fastify: '5.x' })
