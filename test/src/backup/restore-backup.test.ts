import { writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { readEntries } from '../../../src/backup/read-backup.ts'
import { restoreBackup, type RestoreParts } from '../../../src/backup/restore-backup.ts'
import { activeRecord } from '../../../src/caller/caller.ts'
import { changeProfile, erase } from '../../../src/caller/profile.ts'
import { createFormats } from '../../../src/store/formats.ts'
import type { Store } from '../../../src/store/store.ts'
import { addNote, at, callerHash, callStart, checks, contextOf, fact, factsOf, filePlace, filesUnder } from '../../stored.ts'
import { backUp, openBackup, sealer } from './backup.ts'

const nothing = {
  restored: 0,
  replaced: 0,
  kept: 0,
  dropped: 0,
  erased: 0,
  mark: 0,
  notes: 0,
  ownNumbers: 0,
  unreadable: []
}
const hashes = Array.from({ length: 60 }, (_, n) => callerHash(n)).sort()

/** Sixty callers: the first erased, the second opted out; a note. */
async function fill (store: Store): Promise<void> {
  await Promise.all(hashes.map((phoneHash, n) => store.update(phoneHash, fact(phoneHash, `fact of ${n}`))))
  await store.update(hashes[0]!, erase(at(5)))
  await store.update(hashes[1]!, changeProfile(contextOf(hashes[1]!, 5), { remember: false }))
  await addNote(store, { id: 'n1', text: 'closed at noon', created_at: at(1), expires_at: null })
}

async function restore (t: Test, store: Store, bytes: Buffer, overrides: Partial<RestoreParts> = {}) {
  const { signal } = new AbortController()
  return await restoreBackup({
    entries: readEntries({ fd: openBackup(t, bytes), checks, sealer: null }),
    store,
    overwrite: false,
    signal,
    onCaller: () => {},
    ...overrides
  })
}

async function everything (store: Store) {
  const { callers } = await store.list('all', null, 1000)
  return { callers, notes: await store.loadDocument('notes'), own: await store.loadDocument('own-numbers') }
}

t.test('vectors come back with the words that they are of', async (t) => {
  const source = await filePlace(t).open()
  const phoneHash = hashes[0]!
  const vector = `3 ${'m'.repeat(12)} ${'A'.repeat(171)}`
  const recordOf = async (store: Store) => activeRecord(await store.load(phoneHash))
  await source.startCall(phoneHash, callStart(phoneHash, 'conv_1'))
  await source.update(phoneHash, fact(phoneHash, 'owns a hound'))
  await source.update(phoneHash, (caller) => {
    const { facts, calls, ...rest } = activeRecord(caller)!
    const record = {
      ...rest,
      facts: facts.map((each) => ({ ...each, vector })),
      calls: calls.map((each) => ({ ...each, vectors: [vector] }))
    }
    return { caller: { ...caller, record }, result: undefined }
  })
  const { bytes } = await backUp(source)
  const before = await recordOf(source)
  await source.close()

  const target = await filePlace(t, { folder: `${t.testdirName}/other` }).open()
  t.match(await restore(t, target, bytes), { restored: 1 })

  t.match(before, { facts: [{ vector }], calls: [{ vectors: [vector] }] })
  t.strictSame(await recordOf(target), before)
})

t.test('an empty store is as the one that was backed up, and a second run writes nothing', async (t) => {
  const source = await filePlace(t).open()
  await fill(source)
  const { bytes } = await backUp(source)
  const before = await everything(source)
  await source.close()

  const place = filePlace(t, { folder: `${t.testdirName}/other` })
  const target = await place.open()
  let callers = 0
  t.strictSame(
    await restore(t, target, bytes, { onCaller: () => callers++ }),
    { ...nothing, restored: 59, mark: 1, notes: 1 }
  )
  t.equal(callers, 60)
  t.strictSame(await everything(target), before)

  const files = await filesUnder(place.folder)
  t.strictSame(await restore(t, target, bytes), { ...nothing, kept: 59, mark: 1 })
  t.strictSame(await filesUnder(place.folder), files)
})

t.test('an erasure and a new record since the backup hold', async (t) => {
  const store = await filePlace(t).open()
  await fill(store)
  const { bytes } = await backUp(store)
  const [, , erased, changed] = hashes as [string, string, string, string]
  await store.update(erased, erase(at(9)))
  await store.update(changed, fact(changed, 'a new fact', 9))

  t.strictSame(await restore(t, store, bytes), { ...nothing, kept: 58, mark: 1, dropped: 1 })
  t.equal(await factsOf(store, erased), null)
  t.strictSame(await factsOf(store, changed), ['fact of 3', 'a new fact'])

  t.strictSame(
    await restore(t, store, bytes, { overwrite: true }),
    { ...nothing, kept: 57, mark: 1, dropped: 1, replaced: 1 }
  )
  t.equal(await factsOf(store, erased), null)
  t.strictSame(await factsOf(store, changed), ['fact of 3'])
})

t.test('a damaged record in the store is set aside, and the backup\'s comes in its place', async (t) => {
  const place = filePlace(t)
  const first = await place.open()
  await fill(first)
  const { bytes } = await backUp(first)
  await first.close()
  writeFileSync(place.recordPath(hashes[7]!), '{')

  const store = await place.open()
  t.strictSame(await restore(t, store, bytes), { ...nothing, kept: 58, mark: 1, restored: 1 })
  t.strictSame(await factsOf(store, hashes[7]!), ['fact of 7'])
  t.equal(place.damaged.length, 1)
})

t.test('a record in the store that does not open stays as it is, and is named', async (t) => {
  const place = filePlace(t)
  const first = await place.open()
  await fill(first)
  const { bytes } = await backUp(first)
  await first.close()
  const secret = createFormats(checks, sealer).record(hashes[7]!).write({ phone_hash: hashes[7]!, remember: false }).join('')
  writeFileSync(place.recordPath(hashes[7]!), secret)

  const store = await place.open()
  t.strictSame(await restore(t, store, bytes), { ...nothing, kept: 58, mark: 1, unreadable: [hashes[7]] })
  t.equal((await filesUnder(place.folder)).get(`callers/${hashes[7]!.slice(0, 2)}/${hashes[7]}.json`)?.toString(), secret)
})

t.test('the first write that fails ends it, after those under way', async (t) => {
  const store = await filePlace(t).open()
  await fill(store)
  const { bytes } = await backUp(store)
  let calls = 0
  let running = 0
  let most = 0
  const failing: Store = {
    ...store,
    async update (...args) {
      running++
      most = Math.max(most, running)
      if (++calls === 20) throw new Error('the disk is full')
      const result = await store.update(...args)
      running--
      return result
    }
  }

  await t.rejects(restore(t, failing, bytes), { message: 'the disk is full' })
  t.ok(calls < 60, 'no more are begun')
  t.equal(running, 1, 'the others have ended')
  t.ok(most > 1 && most <= 16, 'several at the same time, and no more than may be')
})

t.test('it can be broken off', async (t) => {
  const store = await filePlace(t).open()
  await fill(store)
  const { bytes } = await backUp(store)
  const stop = new AbortController()
  let callers = 0

  await t.rejects(restore(t, store, bytes, { signal: stop.signal, onCaller: () => { if (++callers === 20) stop.abort() } }), { name: 'AbortError' })
  t.ok(callers < 60)
})
