import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { learnOwnNumber } from '../../../../src/calls/own-numbers.ts'
import { erase } from '../../../../src/caller/profile.ts'
import { addNote, at, callerHash, callStart, dropMarks, fact, factsOf, filePlace } from '../../../stored.ts'

const dana = callerHash(1)

t.test('deleted by hand', async (t) => {
  t.test('between two changes, nothing old comes back', async (t) => {
    const place = filePlace(t)
    const store = await place.open()
    await store.update(dana, fact(dana, 'old'))
    await rm(place.recordPath(dana))

    t.equal((await store.update(dana, fact(dana, 'new'))).totalFacts, 1)
    t.strictSame(await factsOf(store, dana), ['new'])
  })

  t.test('what was known is forgotten within a second', async (t) => {
    const place = filePlace(t)
    const store = await place.open()
    await store.update(dana, fact(dana, 'old'))
    t.strictSame(await factsOf(store, dana), ['old'])
    await rm(place.recordPath(dana))

    await wait(600)

    t.strictSame(await store.load(dana), { record: null, erasedAt: null })
  })

  t.test('while many changes wait for the disk, nothing old comes back', async (t) => {
    const place = filePlace(t)
    const store = await place.open()
    const callers = Array.from({ length: 200 }, (_, n) => callerHash(n))
    await Promise.all(callers.map((caller) => store.update(caller, fact(caller, 'old'))))

    await Promise.all(callers.map((caller) => store.startCall(caller, callStart(caller, 'conv_1'))))
    const changes = Promise.allSettled(callers.map((caller) => store.update(caller, fact(caller, 'new'))))
    callers.forEach((caller) => rmSync(place.recordPath(caller), { force: true }))
    await changes
    await store.close()

    const again = await place.open()
    const found = await Promise.all(callers.map((caller) => factsOf(again, caller)))
    t.notOk(found.flat().includes('old'))
  })

  t.test('while changes wait, nothing old comes back', async (t) => {
    const place = filePlace(t)
    const store = await place.open()
    await store.update(dana, fact(dana, 'old'))
    const deletesFirst = fact(dana, 'waiting')

    const results = await Promise.all([
      store.update(dana, (caller) => { rmSync(place.recordPath(dana), { force: true }); return deletesFirst(caller) }),
      store.update(dana, fact(dana, 'after'))
    ])

    t.strictSame(results.map(({ totalFacts }) => totalFacts), [1, 2], 'results are those of what was stored')
    t.strictSame(await factsOf(store, dana), ['waiting', 'after'])
  })
})

t.test('when a record is replaced by hand while a change waits, the change is applied to the replacement', async (t) => {
  const place = filePlace(t)
  const store = await place.open()
  await store.update(dana, fact(dana, 'as loaded'))
  const replacement = (await readFile(place.recordPath(dana), 'utf8')).replaceAll('as loaded', 'by hand')
  const change = fact(dana, 'waiting')
  let isFirst = true

  const { totalFacts } = await store.update(dana, (caller) => {
    if (isFirst) writeFileSync(place.recordPath(dana), replacement)
    isFirst = false
    return change(caller)
  })

  t.equal(totalFacts, 2)
  t.strictSame(await factsOf(store, dana), ['by hand', 'waiting'])
})

t.test('a mark that is added by hand while a change waits is kept', async (t) => {
  const place = filePlace(t)
  const store = await place.open()
  await store.update(dana, erase(at(1)))
  const change = fact(dana, 'waiting', 3)

  await store.update(dana, (caller) => {
    if (caller.erasedAt === at(1)) {
      writeFileSync(
        place.markPath(dana),
        JSON.stringify({ phone_hash: dana, erased_at: at(2) })
      )
    }
    return change(caller)
  })

  await wait(600)
  t.match(await store.load(dana), { record: { facts: [{ text: 'waiting' }] }, erasedAt: at(2) })
})

/** A record that was erased, and has been copied back. */
async function cameBack (t: Test) {
  const place = filePlace(t)
  const store = await place.open()
  await store.update(dana, fact(dana, 'erased', 1))
  const backup = await readFile(place.recordPath(dana))
  await store.update(dana, erase(at(2)))
  writeFileSync(place.recordPath(dana), backup)
  return { place, store }
}

t.test('a record that comes back from before its erasure', async (t) => {
  t.test('is not told, and the next sweep removes it', async (t) => {
    const { place, store } = await cameBack(t)
    await wait(600)

    t.strictSame(await store.load(dana), { record: null, erasedAt: at(2) })
    t.match(await store.list('records', null, 10), { callers: [{ phoneHash: dana, record: null, erasedAt: at(2) }] })
    t.equal(await dropMarks(store, at(0)), 0)
    t.notOk(existsSync(place.recordPath(dana)))
  })

  t.test('is not the base of a new record', async (t) => {
    const { store } = await cameBack(t)

    await store.update(dana, fact(dana, 'new', 3))

    t.strictSame(await factsOf(store, dana), ['new'])
  })
})

t.test('notes and own numbers that are edited by hand', async (t) => {
  t.test('while a change waits: the change is applied to the edit', async (t) => {
    const place = filePlace(t)
    const store = await place.open()
    const note = (id: string) => ({ id, text: id, created_at: at(1), expires_at: null })
    await addNote(store, note('old'))

    const seen = await store.updateDocument('notes', (value) => {
      const notes = value?.notes ?? []
      if (notes.some(({ id }) => id === 'old')) writeFileSync(`${place.folder}/notes.json`, JSON.stringify({ version: 1, notes: [note('by hand')] }))
      return { value: { version: 1, notes: [...notes, note('new')] }, result: notes.map(({ id }) => id) }
    })

    t.strictSame(seen, ['by hand'], 'the result is that of what was stored')
    t.strictSame((await store.loadDocument('notes'))?.notes.map(({ id }) => id), ['by hand', 'new'])
  })

  t.test('an own number that is removed is forgotten within about a second', async (t) => {
    const place = filePlace(t)
    const store = await place.open()
    t.equal(await learnOwnNumber(store, dana), true)
    t.strictSame((await store.loadDocument('own-numbers'))?.phone_hashes, [dana])
    await rm(`${place.folder}/own-numbers.json`)

    await wait(1100)

    t.equal(await store.loadDocument('own-numbers'), null)
    t.equal(await learnOwnNumber(store, dana), true, 'and can be learned again')
  })
})
