/** What every store promises, whatever it keeps its data in. */
import type { Test } from 'tap'
import { beginCall, endCall, type CallEnd } from '../src/caller/calls.ts'
import { changeProfile, erase } from '../src/caller/profile.ts'
import { withNote } from '../src/caller/notes.ts'
import type { Store } from '../src/store/store.ts'
import { at, callerHash, contextOf, fact, factsOf } from './stored.ts'

/** A new place for one test's data. Each call of the result opens it; the last store is closed by the place. */
export type NewPlace = (t: Test) => () => Promise<Store>

const dana = callerHash(1)
const otto = callerHash(2)

export async function storeContract (t: Test, newPlace: NewPlace): Promise<void> {
  const opened = async (t: Test) => {
    const open = newPlace(t)
    const store = await open()
    return { store, reopen: async () => { await store.close(); return await open() } }
  }

  t.test('a caller never heard of has no record and no mark', async (t) => {
    const { store } = await opened(t)

    t.strictSame(await store.load(dana), { record: null, erasedAt: null })
  })

  t.test('an update gives its result, and outlives the store', async (t) => {
    const { store, reopen } = await opened(t)

    const { totalFacts } = await store.update(dana, fact(dana, 'likes tea'))
    const before = await store.load(dana)
    const after = await (await reopen()).load(dana)

    t.equal(totalFacts, 1)
    t.match(before, { record: { phone_hash: dana, facts: [{ text: 'likes tea' }] }, erasedAt: null })
    t.strictSame(after, before)
  })

  t.test('of 200 updates of one caller at once none is lost', async (t) => {
    const { store, reopen } = await opened(t)
    const texts = Array.from({ length: 200 }, (_, n) => `fact ${n}`)

    const results = await Promise.all(texts.map((text) => store.update(dana, fact(dana, text))))

    t.strictSame(results.map(({ totalFacts }) => totalFacts), texts.map((_, n) => n + 1))
    t.strictSame(await factsOf(await reopen(), dana), texts)
  })

  t.test('callers do not get in each other\'s way', async (t) => {
    const { store, reopen } = await opened(t)
    const callers = Array.from({ length: 30 }, (_, n) => callerHash(n))

    await Promise.all(callers.map((caller) => store.update(caller, fact(caller, `of ${caller}`))))
    const again = await reopen()

    for (const caller of callers) t.strictSame(await factsOf(again, caller), [`of ${caller}`])
  })

  t.test('a change that throws passes its error on and writes nothing', async (t) => {
    const { store, reopen } = await opened(t)
    const refusal = new Error('no')
    await store.update(dana, fact(dana, 'likes tea'))

    await t.rejects(store.update(dana, () => { throw refusal }), refusal)
    await t.rejects(store.updateSoon(dana, () => { throw refusal }), refusal)
    await t.rejects(store.update(otto, () => { throw refusal }), refusal)
    const [, , kept] = await Promise.allSettled([
      store.update(dana, fact(dana, 'first')),
      store.update(dana, () => { throw refusal }),
      store.update(dana, fact(dana, 'second'))
    ])

    t.equal(kept.status, 'fulfilled')
    const again = await reopen()
    t.strictSame(await factsOf(again, dana), ['likes tea', 'first', 'second'])
    t.equal((await again.load(otto)).record, null)
  })

  t.test('a change that changes nothing makes no record', async (t) => {
    const { store } = await opened(t)

    t.equal(await store.update(dana, (caller) => ({ caller, result: 'seen' })), 'seen')

    t.strictSame(await store.load(dana), { record: null, erasedAt: null })
    t.strictSame(await store.listCallers(null, 10), { callers: [], next: null })
  })

  t.test('an update soon is seen at once, and durable once the store is closed', async (t) => {
    const { store, reopen } = await opened(t)

    for (let n = 0; n < 20; n++) await store.updateSoon(dana, fact(dana, `soon ${n}`))
    const seen = await factsOf(store, dana)
    const { totalFacts } = await store.update(dana, fact(dana, 'then'))
    await store.updateSoon(otto, fact(otto, 'last'))
    const again = await reopen()

    t.equal(seen?.length, 20)
    t.equal(totalFacts, 21)
    t.equal((await factsOf(again, dana))?.length, 21)
    t.strictSame(await factsOf(again, otto), ['last'])
  })

  t.test('an erasure takes everything and leaves a mark that keeps late reports out', async (t) => {
    const { store, reopen } = await opened(t)
    await store.update(dana, fact(dana, 'likes tea', 1))

    t.match(await store.update(dana, erase(at(10))), { facts: 1 })
    const again = await reopen()

    t.strictSame(await again.load(dana), { record: null, erasedAt: at(10) })
    t.equal(await again.update(dana, endCall(contextOf(dana, 20), callEnd(10))), 'erased')
    t.equal((await again.load(dana)).record, null)
    t.equal(await again.update(dana, endCall(contextOf(dana, 20), callEnd(11))), 'added')
    t.match(await again.load(dana), { record: { call_count: 1 }, erasedAt: at(10) })
  })

  t.test('an opt-out takes everything, outlives an erasure, and ends only on purpose', async (t) => {
    const { store, reopen } = await opened(t)
    await store.update(dana, fact(dana, 'likes tea', 1))

    await store.update(dana, changeProfile(contextOf(dana, 2), { remember: false }))
    const again = await reopen()

    const stub = { phone_hash: dana, remember: false }
    t.strictSame(await again.load(dana), { record: stub, erasedAt: at(2) })
    await t.rejects(again.update(dana, fact(dana, 'likes cake')), { code: 'BRIDGE_CALLER_OPTED_OUT', statusCode: 409 })
    await again.update(dana, erase(at(3)))
    t.strictSame(await again.load(dana), { record: stub, erasedAt: at(3) })
    await again.update(dana, changeProfile(contextOf(dana, 4), { remember: true }))
    t.match(await again.load(dana), { record: { remember: true, facts: [] }, erasedAt: at(3) })
  })

  t.test('a change on the way is erased with the rest', async (t) => {
    const { store, reopen } = await opened(t)

    const ring = store.updateSoon(dana, beginCall(contextOf(dana, 1), { conversationId: 'conv_1', callSid: null }, 'inbound'))
    const told = store.update(dana, fact(dana, 'likes tea'))
    await Promise.all([ring, told, store.update(dana, erase(at(2)))])

    t.strictSame(await store.load(dana), { record: null, erasedAt: at(2) })
    t.strictSame(await (await reopen()).load(dana), { record: null, erasedAt: at(2) })
  })

  t.test('callers are paged in order, none twice and none missing', async (t) => {
    const { store } = await opened(t)
    const hashes = Array.from({ length: 40 }, (_, n) => callerHash(n))
    await Promise.all(hashes.map((hash, n) => n % 10 === 0
      ? store.update(hash, changeProfile(contextOf(hash, 1), { remember: false }))
      : store.update(hash, fact(hash, 'x'))))

    for (const size of [1, 7, 39, 40, 41]) {
      const seen: string[] = []
      let after: string | null = null
      do {
        const page = await store.listCallers(after, size)
        t.ok(page.callers.length <= size, 'a page holds no more than was asked for')
        seen.push(...page.callers.map((caller) => caller.phone_hash))
        after = page.next
      } while (after !== null)
      t.strictSame(seen, hashes.toSorted(), `pages of ${size}`)
    }
    t.strictSame(await store.listCallers(hashes.toSorted().at(-1)!, 5), { callers: [], next: null })
  })

  t.test('notes for everybody change one at a time and are kept in order', async (t) => {
    const { store, reopen } = await opened(t)
    t.strictSame(await store.loadNotes(), [])

    await Promise.all(Array.from({ length: 100 }, (_, n) => store.updateNotes((notes) => (
      { notes: withNote(notes, { id: `note ${n}`, text: 'open', created_at: at(n), expires_at: null }, 100), result: n }))))
    await t.rejects(store.updateNotes((notes) => (
      { notes: withNote(notes, { id: 'one more', text: 'open', created_at: at(0), expires_at: null }, 100), result: 0 })), { code: 'BRIDGE_NOTES_FULL' })

    t.strictSame((await (await reopen()).loadNotes()).map(({ id }) => id), Array.from({ length: 100 }, (_, n) => `note ${n}`))
  })

  t.test('own numbers are remembered once each', async (t) => {
    const { store, reopen } = await opened(t)

    t.strictSame(await Promise.all([dana, dana, otto].map((hash) => store.addOwnNumber(hash))), [true, false, true])
    const again = await reopen()

    t.strictSame(new Set(await again.loadOwnNumbers()), new Set([dana, otto]))
    t.equal(await again.addOwnNumber(dana), false)
  })

  t.test('old erasure marks are dropped, with nothing else', async (t) => {
    const { store, reopen } = await opened(t)
    await store.update(dana, erase(at(10)))
    await store.update(dana, fact(dana, 'came back', 11))
    await store.update(otto, erase(at(20)))
    await store.update(callerHash(3), changeProfile(contextOf(callerHash(3), 5), { remember: false }))

    t.equal(await store.dropErasureMarks(at(20)), 2)
    t.equal(await store.dropErasureMarks(at(20)), 0)
    const again = await reopen()

    t.match(await again.load(dana), { record: { facts: [{ text: 'came back' }] }, erasedAt: null })
    t.equal((await again.load(otto)).erasedAt, at(20))
    t.match(await again.load(callerHash(3)), { record: { remember: false }, erasedAt: null })
  })

  t.test('a mark that is renewed while old ones are dropped stays', async (t) => {
    const { store, reopen } = await opened(t)
    const callers = Array.from({ length: 30 }, (_, n) => callerHash(n))
    await Promise.all(callers.map((caller) => store.update(caller, erase(at(1)))))

    await Promise.all([
      store.dropErasureMarks(at(5)),
      ...callers.toSorted().map(async (caller, n) => {
        await new Promise((resolve) => setTimeout(resolve, n / 4))
        await store.update(caller, erase(at(9)))
      })
    ])
    const again = await reopen()

    for (const caller of callers) t.equal((await again.load(caller)).erasedAt, at(9))
  })

  t.test('a check finds the storage usable, also many at once', async (t) => {
    const { store } = await opened(t)

    await Promise.all(Array.from({ length: 20 }, () => store.check()))
  })
}

function callEnd (startedAt: number): CallEnd {
  return {
    ids: { conversationId: `conv_${startedAt}`, callSid: null },
    direction: 'inbound',
    startedAt: at(startedAt),
    endedAt: at(startedAt + 5),
    durationSecs: 5,
    status: 'done',
    failureReason: null,
    title: null,
    summary: null
  }
}
