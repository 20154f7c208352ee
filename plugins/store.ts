/**
 * The data, shared as `fastify.store`: in PostgreSQL when DATABASE_URL is set, else under DATA_DIR. Opened at start, flushed
 * and let go after the last request. The start fails when DATA_DIR is locked or cannot be used, or DATA_ENCRYPTION_KEY
 * lacks a key, but does not wait for a database.
 */
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import fp from 'fastify-plugin'
import { DOCUMENT_SCHEMAS, ErasureMarkSchema, StoredCallerSchema, type Documents, type ErasureMark, type StoredCaller } from '../schemas/caller-record.ts'
import { hashPrefix } from '../src/phone/phone-hash.ts'
import { checkedStore } from '../src/store/checked-store.ts'
import { diskThreads, type Disk } from '../src/store/file/disk.ts'
import { openFileStore } from '../src/store/file/file-store.ts'
import { createFormats, type DocumentChecks } from '../src/store/formats.ts'
import { openPostgresStore } from '../src/store/postgres/postgres-store.ts'
import { sealerFor } from '../src/store/sealer.ts'
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
  const sealer = sealerFor(config.DATA_ENCRYPTION_KEY)
  const formats = createFormats(compileChecks(), sealer)
  const open = () => config.DATABASE_URL === undefined ? openFiles(config.DATA_DIR) : openDatabase(config.DATABASE_URL)
  const store = opts.store ?? await checkedStore(await open(), sealer, (err) => log.error({ err }, 'whether DATA_ENCRYPTION_KEY fits the data will be looked at before their first use'))
  fastify.decorate('store', store)

  fastify.addHook('onClose', () => store.close())

  async function openFiles (folder: string): Promise<Store> {
    return await openFileStore({
      folder,
      formats,
      disk: opts.disk ?? diskThreads,
      now: opts.now,
      onDamaged: (file) => log.error({ file }, 'a damaged file was set aside'),
      onLost (phoneHash, err) {
        unrecordedCalls.count++
        log.error({ caller: hashPrefix(phoneHash), err }, 'a call start was not recorded')
      }
    })
  }

  async function openDatabase (url: string): Promise<Store> {
    return await openPostgresStore({
      url,
      formats,
      now: opts.now,
      onDamaged: (row) => log.error({ row }, 'a damaged record was set aside'),
      log
    })
  }
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
