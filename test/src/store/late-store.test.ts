import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import { DataDirLocked, RecordDamaged, StorageUnavailable } from '../../../src/errors.ts'
import { checkKeys } from '../../../src/store/keys-in-use.ts'
import { lateStore, type LateStoreParts } from '../../../src/store/late-store.ts'
import { createSealer, type Sealer } from '../../../src/store/sealer.ts'
import type { Store } from '../../../src/store/store.ts'
import { at, callerHash, callStart, fact, factsOf, filePlace } from '../../stored.ts'

const dana = callerHash(1)
const [k1, k2] = [1, 2].map(() => randomBytes(32).toString('base64')) as [string, string]

/** A late store whose log can be read; nothing is tried again by itself, unless `parts` say so. */
function late (open: LateStoreParts['open'], sealer: Sealer | null = null, parts: Partial<LateStoreParts> = {}) {
  const lines: Array<{ level: string, message: string, code: unknown }> = []
  const write = (level: string) => (fields: object, message: string) => {
    lines.push({ level, message, code: 'err' in fields && fields.err instanceof Error && 'code' in fields.err ? fields.err.code : null })
  }
  const opening = lateStore({
    driver: 'files',
    open,
    check: (store) => checkKeys(store, sealer),
    log: { info: write('info'), error: write('error') },
    retryMs: 1_000_000,
    ...parts
  })
  return { opening, lines }
}

/** Resolves as soon as it is so. A timer of the store keeps no process alive, so it is looked at again and again. */
async function until (isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!await isSo()) await new Promise(setImmediate)
}

const AWAY = 'the storage cannot be used yet: calls get the neutral response until it can'
const UNAVAILABLE = { level: 'error', message: AWAY, code: 'BRIDGE_STORAGE_UNAVAILABLE' }

/** A store that can be away, and what was asked of it. */
async function sometimesAway (t: Test) {
  const store = await filePlace(t).open()
  const state = { isAway: true, error: new StorageUnavailable() as Error, asked: [] as string[] }
  const watched = new Proxy(store, {
    get (target, name: keyof Store) {
      const value = target[name]
      if (typeof value !== 'function' || name === 'close') return value
      return async (...args: unknown[]) => {
        state.asked.push(name === 'loadDocument' || name === 'updateDocument' ? `${name} ${String(args[0])}` : name)
        if (state.isAway) throw state.error
        return await (value as (...args: unknown[]) => Promise<unknown>).apply(target, args)
      }
    }
  })
  return { store, watched, state }
}

t.test('a store whose keys fit is used as it is', async (t) => {
  const store = await filePlace(t).open()

  t.equal(await late(async () => store).opening, store)
  t.equal(await late(async () => store, createSealer([k1])).opening, store)
})

t.test('a store whose key is missing is closed', async (t) => {
  const place = filePlace(t)
  const store = await place.open()
  await checkKeys(store, createSealer([k1]))

  await t.rejects(late(async () => store, createSealer([k2])).opening, { code: 'BRIDGE_ENCRYPTION_KEY_WRONG' })

  await t.resolves(place.open(), 'it has let go of its folder')
})

t.test('a store that was unavailable is checked once, before its first use', async (t) => {
  const { watched, state } = await sometimesAway(t)
  const { opening, lines } = late(async () => watched, createSealer([k1]))
  const store = await opening
  t.strictSame(lines, [UNAVAILABLE])

  const uses: Array<() => Promise<unknown>> = [
    () => store.load(dana), () => store.update(dana, fact(dana, 'x')), () => store.startCall(dana, callStart(dana, 'conv_1')),
    () => store.list('all', null, 1), () => store.loadDocument('notes'),
    () => store.updateDocument('notes', (value) => ({ value, result: 1 })), () => store.check(),
    () => store.queue.take(at(0), at(1)), () => store.queue.schedule(dana, at(0)), () => store.queue.list(null, 1)
  ]
  for (const use of uses) await t.rejects(async () => { await use() }, state.error)
  t.strictSame(new Set(state.asked), new Set(['updateDocument keys']), 'nothing but the keys was asked for')

  state.isAway = false
  state.asked = []
  await Promise.all([store.update(dana, fact(dana, 'likes tea')), store.startCall(dana, callStart(dana, 'conv_1')), store.check()])
  t.equal((await store.list('all', null, 5)).callers.length, 1)
  await store.updateDocument('own-numbers', (value) => ({ value, result: 1 }))

  t.match(await store.load(dana), { record: { facts: [{ text: 'likes tea' }], call_count: 1 } })
  t.strictSame(state.asked, ['updateDocument keys', 'update', 'startCall', 'check', 'list', 'updateDocument own-numbers', 'load'])
  t.strictSame((await store.loadDocument('keys'))?.seals.length, 1)
  t.equal(store.driver, 'files')
  await store.close()
})

t.test('when a store comes back without its key, nothing is read or written, and the log says so', async (t) => {
  const { store: inner, watched, state } = await sometimesAway(t)
  await checkKeys(inner, createSealer([k1]))
  const store = await late(async () => watched, createSealer([k2])).opening
  state.isAway = false
  state.asked = []

  for (let n = 0; n < 2; n++) {
    await t.rejects(store.update(dana, fact(dana, 'x')), { code: 'BRIDGE_ENCRYPTION_KEY_WRONG', statusCode: 503 })
    await t.rejects(store.check(), { code: 'BRIDGE_ENCRYPTION_KEY_WRONG' })
  }

  t.strictSame(new Set(state.asked), new Set(['updateDocument keys']))
})

t.test('a damaged keys document is checked again, other errors end the start', async (t) => {
  const { watched, state } = await sometimesAway(t)
  state.error = new RecordDamaged('keys.json.damaged')
  const { opening, lines } = late(async () => watched)
  await opening
  t.strictSame(lines, [{ ...UNAVAILABLE, code: 'BRIDGE_RECORD_DAMAGED' }])

  state.error = new Error('a defect')
  await t.rejects(late(async () => watched).opening, state.error)
})

t.test('a store that cannot be opened is opened automatically later, and the log says so once', async (t) => {
  const place = filePlace(t)
  let attempts = 0
  const { opening, lines } = late(async () => {
    if (++attempts <= 4) throw new StorageUnavailable({ cause: new Error('ENOSPC: no space left on device') })
    return await place.open()
  }, null, { retryMs: 1 })
  const store = await opening

  await until(() => lines.length > 1)

  t.equal(attempts, 5)
  t.strictSame(lines, [UNAVAILABLE, { level: 'info', message: 'the storage can be used now', code: null }])
  await store.close()
})

t.test('a store that is back is opened by the first use', async (t) => {
  const place = filePlace(t)
  let isAway = true
  const { opening } = late(async () => {
    if (isAway) throw new StorageUnavailable()
    return await place.open()
  })
  const store = await opening
  await t.rejects(store.update(dana, fact(dana, 'likes tea')), { code: 'BRIDGE_STORAGE_UNAVAILABLE' })
  isAway = false

  await Promise.all([store.update(dana, fact(dana, 'likes tea')), store.update(dana, fact(dana, 'likes cake'))])

  t.strictSame(await factsOf(store, dana), ['likes tea', 'likes cake'])
  await store.close()
  await t.resolves(place.open(), 'it has let go of its folder')
})

t.test('a store that hangs while opening holds up neither start nor uses, is opened once, and is used when it is ready', async (t) => {
  const place = filePlace(t)
  let attempts = 0
  let come = () => {}
  const coming = new Promise<void>((resolve) => { come = resolve })
  const { opening, lines } = late(async () => {
    attempts++
    await coming
    return await place.open()
  }, null, { patienceMs: 20, retryMs: 1 })
  const store = await opening
  t.strictSame(lines, [UNAVAILABLE])

  const began = performance.now()
  for (let n = 0; n < 50; n++) await t.rejects(store.load(dana), { code: 'BRIDGE_STORAGE_UNAVAILABLE', cause: { message: 'it did not respond within 0.02 seconds' } })
  t.ok(performance.now() - began < 50 * 20, 'nobody waits for it again')
  come()
  await until(() => factsOf(store, dana).then(() => true, () => false))

  t.equal(attempts, 1)
  await store.close()
})

t.test('a locked folder ends the start; later it fails every use, and is logged once', async (t) => {
  const locked = new DataDirLocked('/data', 'process 4711')
  await t.rejects(late(async () => { throw locked }).opening, locked)

  let error: Error = new StorageUnavailable()
  let attempts = 0
  const { opening, lines } = late(async () => {
    attempts++
    throw error
  }, null, { retryMs: 1 })
  const store = await opening
  error = locked
  for (let n = 0; n < 3; n++) await t.rejects(store.check(), { code: 'BRIDGE_DATA_DIR_LOCKED', statusCode: 503, message: /process 4711/ })
  await until(() => attempts >= 10)
  await store.close()

  t.strictSame(lines, [UNAVAILABLE, { ...UNAVAILABLE, code: 'BRIDGE_DATA_DIR_LOCKED' }])
})

t.test('closing a store also closes what is just being opened', async (t) => {
  const place = filePlace(t)
  let come = () => {}
  const coming = new Promise<void>((resolve) => { come = resolve })
  const { opening } = late(async () => {
    await coming
    return await place.open()
  }, null, { patienceMs: 1 })
  const closing = (await opening).close()
  come()
  await closing

  await t.resolves(place.open(), 'it has let go of its folder')
})

t.test('a store that is closed before it could be opened is never opened', async (t) => {
  let attempts = 0
  const { opening } = late(async () => {
    attempts++
    throw new StorageUnavailable()
  }, null, { retryMs: 1 })
  const store = await opening
  await store.close()
  const before = attempts

  await t.rejects(store.load(dana), { code: 'BRIDGE_STORAGE_UNAVAILABLE' })

  t.equal(attempts, before)
})
