/**
 * The data, shared as `fastify.store`. Opened and locked at start, flushed and let go after the last request;
 * the start fails when DATA_DIR cannot be used.
 */
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import fp from 'fastify-plugin'
import { DOCUMENT_SCHEMAS, ErasureMarkSchema, StoredCallerSchema, type Documents, type ErasureMark, type StoredCaller } from '../schemas/caller-record.ts'
import { hashPrefix } from '../src/phone/phone-hash.ts'
import { openFileStore } from '../src/store/file/file-store.ts'
import { createFormats, type DocumentChecks } from '../src/store/formats.ts'
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

export default fp<StoreOptions>(async function storePlugin (fastify, opts) {
  const { config, log } = fastify
  const store = opts.store ?? await openFileStore({
    folder: config.DATA_DIR,
    formats: createFormats(compileChecks(), null),
    now: opts.now,
    onDamaged: (file) => log.error({ file }, 'a damaged file was set aside'),
    onLost: (phoneHash, err) => log.error({ caller: hashPrefix(phoneHash), err }, 'a call start was not recorded')
  })
  fastify.decorate('store', store)
  fastify.addHook('onClose', () => store.close())
}, { name: 'store', dependencies: ['config'], fastify: '5.x' })

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
