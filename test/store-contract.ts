/** What every store promises, whatever it keeps its data in. */
import type { Test } from 'tap'
import type { StoppedSweep } from '../schemas/caller-record.ts'
import { recordCallEnd, type CallEnd } from '../src/caller/calls.ts'
import { learnOwnNumber } from '../src/calls/own-numbers.ts'
import { changeProfile, dropErasureMark, erase } from '../src/caller/profile.ts'
import type { CallerPage, Store } from '../src/store/store.ts'
import { newSweep } from '../src/store/sweep-lease.ts'
import { reviewSweep } from '../src/store/sweep-review.ts'
import { addNote, at, callerHash, callStart, contextOf, fact, factsOf } from './stored.ts'

/** A new place for one test's data. Each call of the result opens it; the last store is closed by the place. */
export type NewPlace = (t: Test) => () => Promise<Store>

const dana = callerHash(1)
const otto = callerHash(2)

export async function storeContract (t: Test, newPlace: NewPlace): Promise<void> {
  const opened = async (t: Test) => {
    const open = newPlace(t)
    const store = await open()
    let last = store
    const reopen = async () => {
      await last.close()
      last = await open()
      return last
    }
    return { store, reopen }
  }

  t.test('an unknown caller has no record and no mark', async (t) => {
    const { store } = await opened(t)

    t.strictSame(await store.load(dana), { record: null, erasedAt: null })
  })

  t.test('an update returns its result, and outlives the store', async (t) => {
    const { store, reopen } = await opened(t)

    const { totalFacts } = await store.update(dana, fact(dana, 'likes tea'))
    const before = await store.load(dana)
    const after = await (await reopen()).load(dana)

    t.equal(totalFacts, 1)
    t.match(before, { record: { phone_hash: dana, facts: [{ text: 'likes tea' }] }, erasedAt: null })
    t.strictSame(after, before)
  })

  t.test('none of 200 concurrent updates of one caller is lost', async (t) => {
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

  t.test('a change that throws rejects with its error and writes nothing', async (t) => {
    const { store, reopen } = await opened(t)
    const refusal = new Error('no')
    await store.update(dana, fact(dana, 'likes tea'))

    await t.rejects(store.update(dana, () => { throw refusal }), refusal)
    await t.rejects(store.startCall(dana, () => { throw refusal }), refusal)
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

  t.test('a change that changes nothing creates no record', async (t) => {
    const { store } = await opened(t)

    t.equal(await store.update(dana, (caller) => ({ caller, result: 'seen' })), 'seen')

    t.strictSame(await store.load(dana), { record: null, erasedAt: null })
    t.strictSame(await store.list('all', null, 10), { callers: [], unreadable: [], next: null })
  })

  t.test('a call start shows at once, to every reader, and outlives the store', async (t) => {
    const { store, reopen } = await opened(t)

    for (let n = 0; n < 20; n++) await store.startCall(dana, callStart(dana, `conv_${n}`, n, [`fact ${n}`]))
    const seen = await store.load(dana)
    t.match(await store.list('records', null, 10), { callers: [{ phoneHash: dana, record: { call_count: 20 } }] })
    t.match(await store.list('all', null, 10), { callers: [{ phoneHash: dana, record: { call_count: 20 } }] })
    t.strictSame((await store.list('marks', null, 10)).callers, [])
    await store.update(dana, fact(dana, 'then'))
    await store.startCall(dana, callStart(dana, 'conv_last', 30))
    await store.startCall(otto, callStart(otto, 'conv_otto'))
    const before = await Promise.all([store.load(dana), store.load(otto)])
    const again = await reopen()

    t.match(seen, { record: { call_count: 20, session_id: 'session-0', calls: { 19: { told: ['fact 19'] } } } })
    t.match(before, [{ record: { call_count: 21, facts: [{ text: 'then' }] } }, { record: { call_count: 1 } }])
    t.strictSame(await Promise.all([again.load(dana), again.load(otto)]), before)
  })

  t.test('a repeated call start changes nothing', async (t) => {
    const { store } = await opened(t)

    await store.startCall(dana, callStart(dana, 'conv_1', 1, ['fact']))
    const once = await store.load(dana)
    t.match(await store.startCall(dana, callStart(dana, 'conv_1', 2, ['fact'])), { callNumber: 1 })
    t.strictSame(await store.load(dana), once)
  })

  t.test('pages list callers who so far have only a call start, in order', async (t) => {
    const { store } = await opened(t)
    const hashes = Array.from({ length: 20 }, (_, n) => callerHash(n))
    for (const [n, hash] of hashes.entries()) {
      await (n % 2 === 0 ? store.startCall(hash, callStart(hash, 'conv_1')) : store.update(hash, fact(hash, 'x')))
    }

    const listed: string[] = []
    let after: string | null = null
    do {
      const page: CallerPage = await store.list('all', after, 3)
      listed.push(...page.callers.map(({ phoneHash }) => phoneHash))
      after = page.next
    } while (after !== null)

    t.strictSame(listed, hashes.toSorted())
  })

  t.test('an erasure removes everything and leaves a mark that keeps late call ends out', async (t) => {
    const { store, reopen } = await opened(t)
    await store.update(dana, fact(dana, 'likes tea', 1))

    t.match(await store.update(dana, erase(at(10))), { facts: 1 })
    const again = await reopen()

    t.strictSame(await again.load(dana), { record: null, erasedAt: at(10) })
    t.equal(await again.update(dana, recordCallEnd(contextOf(dana, 20), callEnd(10))), 'erased')
    t.equal((await again.load(dana)).record, null)
    t.equal(await again.update(dana, recordCallEnd(contextOf(dana, 20), callEnd(11))), 'added')
    t.match(await again.load(dana), { record: { call_count: 1 }, erasedAt: at(10) })
  })

  t.test('an opt-out removes everything, outlives an erasure, and ends only on purpose', async (t) => {
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

  t.test('a pending change is erased with the rest', async (t) => {
    const { store, reopen } = await opened(t)

    await store.startCall(dana, callStart(dana, 'conv_1'))
    const told = store.update(dana, fact(dana, 'likes tea'))
    await Promise.all([told, store.update(dana, erase(at(2)))])

    t.strictSame(await store.load(dana), { record: null, erasedAt: at(2) })
    t.strictSame(await (await reopen()).load(dana), { record: null, erasedAt: at(2) })
  })

  t.test('callers are listed page by page in order, none twice and none missing', async (t) => {
    const { store } = await opened(t)
    const hashes = Array.from({ length: 40 }, (_, n) => callerHash(n))
    await Promise.all(hashes.map((hash, n) => n % 10 === 0
      ? store.update(hash, changeProfile(contextOf(hash, 1), { remember: false }))
      : store.update(hash, fact(hash, 'x'))))

    await Promise.all(hashes.filter((_, n) => n % 4 === 0).map((hash) => store.update(hash, erase(at(2)))))

    const isMarked = (hash: string) => hashes.indexOf(hash) % 4 === 0
    const kinds = {
      all: hashes.toSorted(),
      records: hashes.toSorted().filter((hash) => !isMarked(hash) || hashes.indexOf(hash) % 10 === 0),
      marks: hashes.toSorted().filter((hash) => isMarked(hash) || hashes.indexOf(hash) % 10 === 0)
    }
    for (const kind of ['all', 'records', 'marks'] as const) {
      for (const size of [1, 7, kinds[kind].length - 1, kinds[kind].length, 41]) {
        const pages: CallerPage[] = []
        let after: string | null = null
        do {
          const page = await store.list(kind, after, size)
          pages.push(page)
          after = page.next
        } while (after !== null)
        const listed = pages.flatMap(({ callers }) => callers)
        t.ok(pages.every(({ callers }) => callers.length <= size), 'a page holds no more than was asked for')
        t.strictSame(listed.map(({ phoneHash }) => phoneHash), kinds[kind], `${kind} in pages of ${size}`)
        t.strictSame(
          listed.map(({ record, erasedAt }) => ({ record, erasedAt })),
          await Promise.all(listed.map(({ phoneHash }) => store.load(phoneHash)))
        )
      }
    }
    t.strictSame(await store.list('all', hashes.toSorted().at(-1)!, 5), { callers: [], unreadable: [], next: null })
  })

  t.test('a document takes one change at a time, which shows at once', async (t) => {
    const { store, reopen } = await opened(t)
    const note = (n: number) => ({ id: `note ${n}`, text: 'open', created_at: at(n), expires_at: null })
    t.equal(await store.loadDocument('notes'), null)

    await Promise.all(Array.from({ length: 100 }, (_, n) => addNote(store, note(n), 100)))
    await t.rejects(addNote(store, note(100), 100), { code: 'BRIDGE_NOTES_FULL' })
    const seen = await store.loadDocument('notes')
    const again = await reopen()

    t.strictSame(seen, { version: 1, notes: Array.from({ length: 100 }, (_, n) => note(n)) })
    t.strictSame(await again.loadDocument('notes'), seen)
    t.equal(await again.loadDocument('own-numbers'), null, 'documents are apart')
    t.equal(await again.updateDocument('notes', () => ({ value: null, result: 'gone' })), 'gone')
    t.equal(await again.loadDocument('notes'), null)
  })

  t.test('own numbers are stored once each', async (t) => {
    const { store, reopen } = await opened(t)

    t.strictSame(await Promise.all([dana, dana, otto].map((hash) => learnOwnNumber(store, hash))), [true, false, true])
    const again = await reopen()

    t.strictSame(new Set((await again.loadDocument('own-numbers'))?.phone_hashes), new Set([dana, otto]))
    t.equal(await learnOwnNumber(again, dana), false)
  })

  t.test('a mark can be deleted alone', async (t) => {
    const { store, reopen } = await opened(t)
    await store.update(dana, erase(at(10)))
    await store.update(dana, fact(dana, 'came back', 11))
    await store.update(otto, erase(at(10)))

    for (const caller of [dana, otto]) {
      t.equal(await store.update(caller, dropErasureMark(at(20))), true)
      t.equal(await store.update(caller, dropErasureMark(at(20))), false)
    }
    const again = await reopen()

    t.match(await again.load(dana), { record: { facts: [{ text: 'came back' }] }, erasedAt: null })
    t.strictSame((await again.list('all', null, 5)).callers.map(({ phoneHash }) => phoneHash), [dana], 'of otto nothing is left')
  })

  t.test('a stopped sweep is stored with its numbers, and confirmed once', async (t) => {
    const { store, reopen } = await opened(t)
    const stopped: StoppedSweep = { reasons: ['share', 'clock'], counted_at: at(1), callers: 100, to_erase: 40, max_share: 10, clock_drift_secs: -7200 }
    const begun = newSweep(new Date(at(1)), { marks: 90, callers: null }, stopped)
    const sweep = { ...begun, plan: { ...begun.plan, phase: 'stopped' as const } }
    await store.updateDocument('sweep', () => ({ value: sweep, result: null }))

    const again = await reopen()
    t.strictSame(await again.loadDocument('sweep'), sweep)
    const reviews = await Promise.all(Array.from({ length: 5 }, () => reviewSweep(again, true, new Date(at(9)))))

    t.strictSame(reviews.map(({ confirmed }) => confirmed).sort(), [false, false, false, false, true])
    t.match(await (await reopen()).loadDocument('sweep'), { plan: { phase: 'erasing', stopped: null, confirmed_at: at(9) } })
  })

  t.test('a check finds that the storage can be used, also many at once', async (t) => {
    const { store } = await opened(t)

    await Promise.all(Array.from({ length: 20 }, () => store.check()))
  })

  t.test('each queued caller is taken once, the longest due first', async (t) => {
    const { store: { queue: work } } = await opened(t)
    await work.schedule(dana, at(20))
    await work.schedule(otto, at(10))

    const taken = [
      await work.take(at(30), at(90)),
      await work.take(at(30), at(90)),
      await work.take(at(30), at(90)),
      await work.take(at(91), at(99))
    ]

    t.strictSame(taken.map((due) => due?.phoneHash ?? null), [otto, dana, null, taken[3]?.phoneHash], 'and again when the time is over')
    t.ok(taken[3])
    t.equal(await (await opened(t)).store.queue.take(at(30), at(90)), null, 'nobody')
  })

  t.test('many concurrent takes get different callers', async (t) => {
    const { store: { queue: work } } = await opened(t)
    const callers = Array.from({ length: 10 }, (_, n) => callerHash(n))
    for (const caller of callers) await work.schedule(caller, at(1))

    const taken: string[] = []
    // A database may pass over what another is just taking: who gets nobody looks again.
    for (let round = 0; round < 20 && taken.length < callers.length; round++) {
      const dues = await Promise.all(Array.from({ length: 20 }, () => work.take(at(5), at(900))))
      taken.push(...dues.flatMap((due) => due === null ? [] : [due.phoneHash]))
    }

    t.strictSame(taken.sort(), callers.sort())
  })

  t.test('a caller is not due before their time', async (t) => {
    const { store: { queue: work } } = await opened(t)
    await work.schedule(dana, at(20))
    t.equal(await work.take(at(19), at(90)), null)
    t.match(await work.take(at(20), at(90)), { phoneHash: dana })
  })

  t.test('a completed entry is removed, a postponed one becomes due again', async (t) => {
    const { store, reopen } = await opened(t)
    await store.queue.schedule(dana, at(1))
    await store.queue.schedule(otto, at(2))

    await store.queue.complete((await store.queue.take(at(5), at(90)))!, null)
    await store.queue.complete((await store.queue.take(at(5), at(90)))!, at(50))

    t.equal(await store.queue.take(at(49), at(90)), null)
    t.strictSame(await store.queue.list(null, 10), { phoneHashes: [otto], next: null })
    const { queue: work } = await reopen()
    t.strictSame(await work.list(null, 10), { phoneHashes: [otto], next: null })
    t.match(await work.take(at(90), at(99)), { phoneHash: otto })
  })

  t.test('a caller scheduled again before completion stays in the queue', async (t) => {
    const { store: { queue: work } } = await opened(t)
    await work.schedule(dana, at(1))
    const due = await work.take(at(5), at(90))
    await work.schedule(dana, at(6))

    await work.complete(due!, null)

    t.match(await work.take(at(6), at(90)), { phoneHash: dana })
  })

  t.test('the queue is listed in pages', async (t) => {
    const { store: { queue: work } } = await opened(t)
    const callers = Array.from({ length: 5 }, (_, n) => callerHash(n)).sort()
    for (const caller of callers) await work.schedule(caller, at(1))

    const first = await work.list(null, 3)
    t.strictSame(first, { phoneHashes: callers.slice(0, 3), next: callers[2] })
    t.strictSame(await work.list(first.next, 3), { phoneHashes: callers.slice(3), next: null })
  })
}

function callEnd (startedAt: number): CallEnd {
  return {
    ids: { conversationId: `conv_${startedAt}`, callSid: null },
    startedAt: at(startedAt),
    endedAt: at(startedAt + 5),
    said: { direction: 'inbound', duration_secs: 5, status: 'done', failure_reason: null, title: null, summary: null }
  }
}
