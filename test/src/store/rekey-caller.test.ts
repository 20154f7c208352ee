import { readFile } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { recordCallStart } from '../../../src/caller/calls.ts'
import { mergeCallers } from '../../../src/caller/merge.ts'
import { changeProfile, erase } from '../../../src/caller/profile.ts'
import { StorageUnavailable } from '../../../src/errors.ts'
import { rekeyCaller } from '../../../src/store/rekey-caller.ts'
import type { Store } from '../../../src/store/store.ts'
import { at, callerHash, callStart, contextOf, fact, factsOf, filePlace, filesUnder } from '../../stored.ts'

const former = callerHash(1)
const keyed = callerHash(2)
const hashes = { phoneHash: keyed, legacyHash: former }
const nobody = { record: null, erasedAt: null }

async function opened (t: Test) {
  const place = filePlace(t)
  const store = await place.open()
  /** Whether the former hash is to be found anywhere in the folder, in a name or in a file. */
  const isFormerLeft = async () => [
    ...await filesUnder(place.folder)
  ].some(([path, bytes]) => path.includes(former) || bytes.includes(former))
  return { ...place, store, isFormerLeft }
}

/** The store, which does `before` each time ahead of an update of `phoneHash`. */
function updating (store: Store, phoneHash: string, before: () => Promise<void>): Store {
  return {
    ...store,
    update: async (hash, change) => { if (hash === phoneHash) await before(); return await store.update(hash, change) }
  }
}

t.test('data under the legacy hash is found under the keyed one, on the disk, and nowhere else', async (t) => {
  const { store, isFormerLeft, recordPath } = await opened(t)
  await store.update(former, fact(former, 'likes tea'))

  await rekeyCaller(store, hashes)

  t.equal(await isFormerLeft(), false)
  t.match(JSON.parse(await readFile(recordPath(keyed), 'utf8')), { phone_hash: keyed, session_id: 'session-1', facts: [{ text: 'likes tea' }] })
  t.strictSame(await store.load(former), nobody)
})

t.test('with nothing to move, it costs one read', async (t) => {
  const { store, folder } = await opened(t)
  await store.update(keyed, fact(keyed, 'likes tea'))
  const before = await filesUnder(folder)
  const asked: string[] = []
  const counting: Store = {
    ...store,
    load: async (phoneHash) => { asked.push(phoneHash); return await store.load(phoneHash) },
    update: async () => { throw new TypeError('nothing is to be written') }
  }

  await rekeyCaller(counting, hashes)
  t.strictSame(asked, [former])
  await rekeyCaller(counting, { phoneHash: keyed, legacyHash: null })
  t.strictSame(asked, [former], 'without a key, not even that')
  t.strictSame(await filesUnder(folder), before)
})

t.test('an opt-out and a mark move like a record', async (t) => {
  for (const [change, moved] of [
    [
      changeProfile(contextOf(former, 5), { remember: false }),
      { record: { phone_hash: keyed, remember: false }, erasedAt: at(5) }
    ],
    [erase(at(6)), { record: null, erasedAt: at(6) }]
  ] as const) {
    const { store, isFormerLeft } = await opened(t)
    await store.update<unknown>(former, change)
    await store.update(keyed, fact(keyed, 'older than that'))

    await rekeyCaller(store, hashes)

    t.strictSame(await store.load(keyed), moved)
    t.equal(await isFormerLeft(), false)
    await store.close()
  }
})

t.test('an interrupted move leaves both, and the next one merges them', async (t) => {
  const { store, isFormerLeft } = await opened(t)
  await store.update(former, fact(former, 'likes tea'))
  await store.update(former, recordCallStart(contextOf(former, 2), { conversationId: null, callSid: null }, 'inbound'))

  await t.rejects(rekeyCaller(updating(store, former, async () => { throw new StorageUnavailable() }), hashes), { code: 'BRIDGE_STORAGE_UNAVAILABLE' })
  t.strictSame([await factsOf(store, former), await factsOf(store, keyed)], [['likes tea'], ['likes tea']])
  await store.update(keyed, fact(keyed, 'has a dog'))
  await rekeyCaller(store, hashes)

  t.match(await store.load(keyed), { record: { facts: [{ text: 'likes tea' }, { text: 'has a dog' }], call_count: 1 } })
  t.equal(await isFormerLeft(), false)
})

t.test('when the first write fails, everything stays as it was', async (t) => {
  const { store } = await opened(t)
  await store.update(former, fact(former, 'likes tea'))

  await t.rejects(rekeyCaller(updating(store, keyed, async () => { throw new StorageUnavailable() }), hashes), { code: 'BRIDGE_STORAGE_UNAVAILABLE' })

  t.strictSame([await factsOf(store, former), await factsOf(store, keyed)], [['likes tea'], null])
})

t.test('changes to the legacy hash during a move are moved with the rest', async (t) => {
  const { store, isFormerLeft } = await opened(t)
  await store.update(former, fact(former, 'likes tea'))
  const late = ['has a dog', 'lives in Rome']

  await rekeyCaller(updating(store, former, async () => {
    const text = late.shift()
    if (text !== undefined) await store.update(former, fact(former, text, 3))
  }), hashes)

  t.strictSame(await factsOf(store, keyed), ['likes tea', 'has a dog', 'lives in Rome'])
  t.equal(await isFormerLeft(), false)
})

t.test('an erasure under either hash during a move counts', async (t) => {
  for (const [erased, during] of [[keyed, keyed], [former, keyed], [keyed, former], [former, former]] as const) {
    const { store } = await opened(t)
    await store.update(former, fact(former, 'likes tea', 1))

    await rekeyCaller(updating(store, during, async () => { await store.update(erased, erase(at(2))) }), hashes)

    t.strictSame([await store.load(keyed), await store.load(former)], [{ record: null, erasedAt: at(2) }, nobody])
    await store.close()
  }
})

t.test('with many moves and calls at once, each call is counted once and nothing is doubled', async (t) => {
  const { store, isFormerLeft } = await opened(t)
  await store.update(former, fact(former, 'likes tea'))
  await store.update(former, recordCallStart(contextOf(former, 2), { conversationId: null, callSid: null }, 'inbound'))

  await Promise.all(Array.from({ length: 60 }, async (_, n) => {
    await rekeyCaller(store, hashes)
    await store.startCall(keyed, callStart(keyed, `conv_${n % 30}`, 10 + n))
  }))

  t.match(await store.load(keyed), { record: { session_id: 'session-1', call_count: 31, facts: { length: 1 } } })
  t.equal(await isFormerLeft(), false)
})

t.test('merging for the second time writes nothing', async (t) => {
  const { store, folder } = await opened(t)
  await store.update(former, fact(former, 'likes tea'))
  const found = await store.load(former)
  await rekeyCaller(store, hashes)
  const before = await filesUnder(folder)

  await store.update(keyed, (current) => {
    const caller = mergeCallers(found, current, keyed)
    t.equal(caller, current)
    return { caller, result: undefined }
  })

  t.strictSame(await filesUnder(folder), before)
})
