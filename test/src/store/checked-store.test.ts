import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import { RecordDamaged, StorageUnavailable } from '../../../src/errors.ts'
import { checkedStore } from '../../../src/store/checked-store.ts'
import { checkKeys } from '../../../src/store/keys-in-use.ts'
import { createSealer } from '../../../src/store/sealer.ts'
import type { Store } from '../../../src/store/store.ts'
import { callerHash, fact, factsOf, filePlace } from '../../stored.ts'

const dana = callerHash(1)
const [k1, k2] = [1, 2].map(() => randomBytes(32).toString('base64')) as [string, string]
const never = (error: unknown) => { throw error }

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

  t.equal(await checkedStore(store, null, never), store)
  t.equal(await checkedStore(store, createSealer([k1]), never), store)
})

t.test('a store whose key is missing is closed', async (t) => {
  const place = filePlace(t)
  const store = await place.open()
  await checkKeys(store, createSealer([k1]))

  await t.rejects(checkedStore(store, createSealer([k2]), never), { code: 'BRIDGE_ENCRYPTION_KEY_WRONG' })

  await t.resolves(place.open(), 'it has let go of its folder')
})

t.test('a store that is away is checked before its first use, once', async (t) => {
  const { watched, state } = await sometimesAway(t)
  const reasons: unknown[] = []
  const store = await checkedStore(watched, createSealer([k1]), (error) => reasons.push(error))
  t.strictSame(reasons, [state.error])

  const uses: Array<() => Promise<unknown>> = [
    () => store.load(dana), () => store.update(dana, fact(dana, 'x')), () => store.updateSoon(dana, fact(dana, 'x')),
    () => store.list('all', null, 1), () => store.loadDocument('notes'),
    () => store.updateDocument('notes', (value) => ({ value, result: 1 })), () => store.check()
  ]
  for (const use of uses) await t.rejects(async () => { await use() }, state.error)
  t.strictSame(new Set(state.asked), new Set(['updateDocument keys']), 'nothing but the keys was asked for')

  state.isAway = false
  state.asked = []
  await Promise.all([store.update(dana, fact(dana, 'likes tea')), store.updateSoon(dana, fact(dana, 'likes cake')), store.check()])
  t.equal((await store.list('all', null, 5)).callers.length, 1)
  await store.updateDocument('own-numbers', (value) => ({ value, result: 1 }))

  t.strictSame(await factsOf(store, dana), ['likes tea', 'likes cake'])
  t.strictSame(state.asked, ['updateDocument keys', 'update', 'updateSoon', 'check', 'list', 'updateDocument own-numbers', 'load'])
  t.strictSame((await store.loadDocument('keys'))?.seals.length, 1)
  t.equal(store.driver, 'files')
  await store.close()
})

t.test('when a store comes back whose key is missing, nothing is read or written, and it says so', async (t) => {
  const { store: inner, watched, state } = await sometimesAway(t)
  await checkKeys(inner, createSealer([k1]))
  const store = await checkedStore(watched, createSealer([k2]), () => {})
  state.isAway = false
  state.asked = []

  for (let n = 0; n < 2; n++) {
    await t.rejects(store.update(dana, fact(dana, 'x')), { code: 'BRIDGE_ENCRYPTION_KEY_WRONG', statusCode: 503 })
    await t.rejects(store.check(), { code: 'BRIDGE_ENCRYPTION_KEY_WRONG' })
  }

  t.strictSame(new Set(state.asked), new Set(['updateDocument keys']))
})

t.test('a damaged document of keys is looked at again, other errors end the start', async (t) => {
  const { watched, state } = await sometimesAway(t)
  state.error = new RecordDamaged('keys.json.damaged')
  const reasons: unknown[] = []
  await checkedStore(watched, null, (error) => reasons.push(error))
  t.strictSame(reasons, [state.error])

  state.error = new Error('a defect')
  await t.rejects(checkedStore(watched, null, never), state.error)
})
