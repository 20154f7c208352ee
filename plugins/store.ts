/**
 * The storage, shared as `fastify.store`: PostgreSQL if DATABASE_URL is set, otherwise files in DATA_DIR. It is flushed
 * and closed after the last request. The start fails if DATA_DIR is locked or DATA_ENCRYPTION_KEY lacks a key. If the
 * storage is only unavailable, the start waits for it for two seconds at most, and then goes on without it.
 */
import fp from 'fastify-plugin'
import { STORED_SCHEMAS } from '../schemas/caller-record.ts'
import { compileChecks } from '../src/store/compile-checks.ts'
import type { Disk } from '../src/store/file/disk.ts'
import { openLateStore } from '../src/store/open-store.ts'
import type { Store } from '../src/store/store.ts'

declare module 'fastify' {
  interface FastifyInstance {
    store: Store
  }
}

export interface StoreOptions {
  /** For tests. Default: the store that the settings name. */
  store?: Store | undefined
  /** For tests, which do file work in the calling thread. Default: worker threads. */
  disk?: Disk | undefined
  patienceMs?: number | undefined
  /** Called after each change of a caller, and after each of their call starts. Default: nobody is told. */
  onChange?: ((phoneHash: string) => void) | undefined
}

export default fp<StoreOptions>(async function storePlugin (fastify, opts) {
  const { config, log, now, callWatch } = fastify
  const checks = compileChecks(STORED_SCHEMAS)
  const store = opts.store ?? await openLateStore(config, {
    checks,
    now,
    log,
    disk: opts.disk,
    patienceMs: opts.patienceMs,
    onLost: callWatch.unrecorded
  })
  fastify.decorate('store', opts.onChange === undefined ? store : telling(store, opts.onChange))

  fastify.addHook('onClose', () => store.close())
}, { name: 'store', dependencies: ['config', 'call-context'], fastify: '5.x' })

function telling (store: Store, onChange: (phoneHash: string) => void): Store {
  async function told<T> (phoneHash: string, changing: Promise<T>): Promise<T> {
    const result = await changing
    onChange(phoneHash)
    return result
  }
  return {
    ...store,
    update: (phoneHash, change) => told(phoneHash, store.update(phoneHash, change)),
    startCall: (phoneHash, start, patienceMs) => told(phoneHash, store.startCall(phoneHash, start, patienceMs))
  }
}
