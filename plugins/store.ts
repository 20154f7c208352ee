/**
 * The data, shared as `fastify.store`. Opened and locked at start, flushed and let go after the last request;
 * the start fails when DATA_DIR cannot be used, or DATA_ENCRYPTION_KEY lacks a key. Keeps house after the start and once a day.
 */
import { setInterval } from 'node:timers'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import fp from 'fastify-plugin'
import { DOCUMENT_SCHEMAS, ErasureMarkSchema, StoredCallerSchema, type Documents, type ErasureMark, type StoredCaller } from '../schemas/caller-record.ts'
import { hashPrefix } from '../src/phone/phone-hash.ts'
import { checkedStore } from '../src/store/checked-store.ts'
import { openFileStore } from '../src/store/file/file-store.ts'
import { createFormats, type DocumentChecks } from '../src/store/formats.ts'
import { keepHouse } from '../src/store/housekeeping.ts'
import { sealerFor } from '../src/store/sealer.ts'
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
  const sealer = sealerFor(config.DATA_ENCRYPTION_KEY)
  const open = () => openFileStore({
    folder: config.DATA_DIR,
    formats: createFormats(compileChecks(), sealer),
    now: opts.now,
    onDamaged: (file) => log.error({ file }, 'a damaged file was set aside'),
    onLost: (phoneHash, err) => log.error({ caller: hashPrefix(phoneHash), err }, 'a call start was not recorded')
  })
  const store = opts.store ?? await checkedStore(await open(), sealer, (err) => log.error({ err }, 'whether DATA_ENCRYPTION_KEY fits the data will be looked at before their first use'))
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

function compileChecks (): DocumentChecks {
  const ajv = addFormats.default(new Ajv())
  return {
    caller: ajv.compile<StoredCaller>(StoredCallerSchema),
    mark: ajv.compile<ErasureMark>(ErasureMarkSchema),
    documents: {
      notes: ajv.compile<Documents['notes']>(DOCUMENT_SCHEMAS.notes),
      'own-numbers': ajv.compile<Documents['own-numbers']>(DOCUMENT_SCHEMAS['own-numbers']),
      sweep: ajv.compile<Documents['sweep']>(DOCUMENT_SCHEMAS.sweep),
      keys: ajv.compile<Documents['keys']>(DOCUMENT_SCHEMAS.keys)
    }
  }
}
