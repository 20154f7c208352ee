/**
 * The data, shared as `fastify.store`. Opened and locked at start, flushed and let go after the last request;
 * the start fails when DATA_DIR cannot be used. Old erasure marks are dropped at start and once a day.
 */
import { setInterval } from 'node:timers'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import fp from 'fastify-plugin'
import {
  ErasureMarkSchema, GlobalNotesSchema, OwnNumbersSchema, StoredCallerSchema,
  type ErasureMark, type GlobalNotes, type OwnNumbers, type StoredCaller
} from '../schemas/caller-record.ts'
import { hashPrefix } from '../src/phone/phone-hash.ts'
import { openFileStore } from '../src/store/file-store.ts'
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
  const { config, log, callerId } = fastify
  const store = opts.store ?? await openFileStore({
    folder: config.DATA_DIR,
    checks: compileChecks(),
    now: opts.now,
    onDamaged: (file) => log.error({ file }, 'a damaged file was set aside'),
    onLost: (phoneHash, err) => log.error({ caller: hashPrefix(phoneHash), err }, 'a call start was not recorded')
  })
  fastify.decorate('store', store)
  fastify.addHook('onClose', () => store.close())

  const sweep = setInterval(dropOldMarks, DAY_MS).unref()
  fastify.addHook('onReady', async () => {
    await dropOldMarks()
    await reportOwnNumbers()
  })
  fastify.addHook('preClose', async () => clearInterval(sweep))

  async function dropOldMarks () {
    const before = new Date(opts.now().getTime() - config.ERASURE_MARK_DAYS * DAY_MS).toISOString()
    try {
      const marks = await store.dropErasureMarks(before)
      if (marks > 0) log.info({ marks }, 'old erasure marks dropped')
    } catch (err) {
      // The bridge works without the sweep, and tries again tomorrow; an operator has to see why it failed.
      log.error({ err }, 'old erasure marks could not be dropped')
    }
  }

  /** A record under one of our own numbers mixes the people whom we called: it is never told. */
  async function reportOwnNumbers () {
    for (const phoneHash of callerId.ownNumbers) {
      const caller = hashPrefix(phoneHash)
      try {
        const { record } = await store.load(phoneHash)
        if (record !== null) log.warn({ caller }, 'a record is stored under one of OWN_NUMBERS: it is never told; look at it and erase it')
      } catch (err) {
        // One file that cannot be read is no reason to leave every call without an answer.
        log.error({ caller, err }, 'whether a record is stored under one of OWN_NUMBERS could not be read')
      }
    }
  }
}, { name: 'store', dependencies: ['config', 'caller-id'], fastify: '5.x' })

function compileChecks () {
  const ajv = addFormats.default(new Ajv())
  return {
    caller: ajv.compile<StoredCaller>(StoredCallerSchema),
    mark: ajv.compile<ErasureMark>(ErasureMarkSchema),
    notes: ajv.compile<GlobalNotes>(GlobalNotesSchema),
    ownNumbers: ajv.compile<OwnNumbers>(OwnNumbersSchema)
  }
}
