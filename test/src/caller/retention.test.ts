import t from 'tap'
import type { CallerRecord } from '../../../schemas/caller-record.ts'
import type { Caller } from '../../../src/caller/caller.ts'
import { recordCallStart } from '../../../src/caller/calls.ts'
import { addFact } from '../../../src/caller/facts.ts'
import { addCallerNote } from '../../../src/caller/notes.ts'
import { expire, retentionTerms, withoutEnded } from '../../../src/caller/retention.ts'
import { callerHash, deepFreeze } from '../../stored.ts'

const dana = callerHash(1)
const NOW = new Date('2026-11-22T09:30:00.000Z')
const daysAgo = (days: number) => new Date(NOW.getTime() - days * 24 * 60 * 60 * 1000).toISOString()
const context = (now: string) => ({ phoneHash: dana, newId: 'session', now })
const nobody: Caller = { record: null, erasedAt: null }
const nothing = { erased: 0, facts: 0, notes: 0, marks: 0 }

/** Made so many days ago, and last seen so many days ago; null never called. */
function caller (
  madeAgo: number, seenAgo: number | null, expiresAt: string | null = null
): Caller & { record: CallerRecord } {
  const changes = [
    addFact({ ...context(daysAgo(madeAgo)), factId: 'stays' }, { text: 'likes tea' }),
    addFact({ ...context(daysAgo(madeAgo)), factId: 'ends' }, { text: 'is on holiday', expires_at: expiresAt }),
    addCallerNote(context(daysAgo(madeAgo)), { id: 'ends', text: 'call back', created_at: daysAgo(madeAgo), expires_at: expiresAt }),
    addCallerNote(context(daysAgo(madeAgo)), { id: 'stays', text: 'be kind', created_at: daysAgo(madeAgo), expires_at: null }),
    ...(seenAgo === null ? [] : [recordCallStart(context(daysAgo(seenAgo)), { conversationId: 'conv_1', callSid: null }, 'inbound')])
  ]
  return deepFreeze(changes.reduce<Caller>((each, change) =>
    change(each).caller, nobody)) as Caller & { record: CallerRecord }
}

const after = (callers: number | null, given: Caller, marks = 90) =>
  expire(retentionTerms(NOW, { marks, callers }))(given)

t.test('a caller who was not seen for too long is erased, and leaves an erasure mark', async (t) => {
  for (const given of [caller(400, 31), caller(400, 31, daysAgo(3)), { ...caller(400, 31), erasedAt: daysAgo(500) }]) {
    const erased = { record: null, erasedAt: NOW.toISOString() }
    t.strictSame(after(30, given), { caller: erased, result: { ...nothing, erased: 1 } })
  }
})

t.test('to the millisecond', async (t) => {
  const given = caller(400, 30)
  const later = new Date(NOW.getTime() + 1)

  t.equal(after(30, given).caller, given)
  t.equal(expire(retentionTerms(later, { marks: 90, callers: 30 }))(given).result.erased, 1)
})

t.test('for a caller who never called, the age of the record counts', async (t) => {
  t.strictSame([29, 31].map((days) => after(30, caller(days, null)).result.erased), [0, 1])
})

t.test('a record made after the last call counts from when it was made', async (t) => {
  const given = caller(10, null)
  const late = deepFreeze({ ...given, record: { ...given.record, last_seen: daysAgo(40) } })

  t.equal(after(30, late).caller, late)
})

t.test('a caller who stays loses facts and notes that have ended, and nothing else', async (t) => {
  const given = caller(20, 10, NOW.toISOString())

  const { caller: { record, erasedAt }, result } = after(30, given)

  t.strictSame(record, { ...given.record, facts: [given.record.facts[0]], notes: [given.record.notes[1]] })
  t.equal(erasedAt, null)
  t.strictSame(result, { ...nothing, facts: 1, notes: 1 })
})

t.test('facts and notes that have not ended stay', async (t) => {
  const given = caller(20, 10, new Date(NOW.getTime() + 1).toISOString())

  t.equal(after(30, given).caller, given)
})

t.test('an opt-out stays for ever', async (t) => {
  const stub = { phone_hash: dana, remember: false as const }

  t.strictSame(
    after(1, deepFreeze({ record: stub, erasedAt: daysAgo(4000) })),
    { caller: { record: stub, erasedAt: null }, result: { ...nothing, marks: 1 } }
  )
})

t.test('erasure marks have their own age limit, for every caller', async (t) => {
  const bearers: Caller[] = [nobody, caller(20, 10)]
  for (const given of bearers) {
    for (const callers of [null, 30]) {
      const young = deepFreeze({ ...given, erasedAt: daysAgo(60) })
      const old = deepFreeze({ ...given, erasedAt: daysAgo(61) })
      t.equal(after(callers, young, 60).caller, young)
      t.strictSame(after(callers, old, 60), { caller: given, result: { ...nothing, marks: 1 } })
    }
  }
})

t.test('without an age limit, only erasure marks go', async (t) => {
  const given = caller(9000, 8000, daysAgo(7000))

  t.equal(after(null, given).caller, given)
  t.strictSame(after(null, given).result, nothing)
})

t.test('a repeat changes nothing', async (t) => {
  const expired = caller(20, 10, daysAgo(1))
  for (const given of [caller(400, 300), expired, deepFreeze({ ...expired, erasedAt: daysAgo(100) })]) {
    const once = after(30, given).caller
    t.equal(after(30, once).caller, once)
    t.strictSame(after(30, once).result, nothing)
  }
})

t.test('ended items are left out of a list', async (t) => {
  const items = [null, daysAgo(1), NOW.toISOString(), daysAgo(-1)].map((end) => ({ expires_at: end }))

  t.strictSame(withoutEnded(items, NOW.toISOString()), [items[0], items[3]])
  t.equal(withoutEnded(items, daysAgo(2)), items)
})

t.test('a time ahead of the clock erases nobody', async (t) => {
  const ahead = caller(400, 31)
  const cases = {
    'last seen': { ...ahead.record, last_seen: daysAgo(-3650) },
    'a call': { ...ahead.record, calls: ahead.record.calls.map((call) => ({ ...call, started_at: daysAgo(-3650) })) },
    'the making of the record': { ...ahead.record, created_at: daysAgo(-3650) }
  }
  for (const [what, record] of Object.entries(cases)) {
    const { caller: { record: kept }, result } = after(30, deepFreeze({ ...ahead, record }))
    t.strictSame(kept, { ...record, ahead: { time: daysAgo(-3650), found_at: NOW.toISOString() } }, what)
    t.strictSame(result, nothing)
  }
})

t.test('a time ahead of the clock counts from when it was found, and the caller is erased in the end', async (t) => {
  const given = caller(400, 31)
  const found = (daysSince: number, more: Partial<CallerRecord> = {}) => deepFreeze({
    ...given,
    record: {
      ...given.record,
      last_seen: daysAgo(-3650),
      ahead: { time: daysAgo(-3650), found_at: daysAgo(daysSince) },
      ...more
    }
  })

  const young = found(30)
  t.equal(after(30, young).caller, young)
  t.strictSame([30, 31].map((days) => after(30, found(days)).result.erased), [0, 1])
  t.strictSame(after(30, found(31)).caller, { record: null, erasedAt: NOW.toISOString() })
  const rangSince = { calls: given.record.calls.map((call) => ({ ...call, started_at: daysAgo(1) })) }
  t.equal(after(30, found(31, rangSince)).result.erased, 0, 'but not who rang since')
  t.match(after(30, found(31, { ahead: { time: daysAgo(-3649), found_at: daysAgo(31) } })).caller.record, { ahead: { time: daysAgo(-3650), found_at: NOW.toISOString() } }, 'another time is another find')
  t.match(after(30, found(-5)).caller.record, { ahead: { found_at: NOW.toISOString() } }, 'a find by a wrong clock does not count')
})

t.test('a clock that is behind removes nothing from a record that it finds ahead', async (t) => {
  const given = caller(400, 5)
  const behind = new Date('1970-01-02T00:00:00.000Z')
  const terms = (now: Date) => retentionTerms(now, { marks: 90, callers: 30 })

  const { caller: found } = expire(terms(behind))(given)
  t.strictSame(found.record, { ...given.record, ahead: { time: daysAgo(5), found_at: behind.toISOString() } })
  t.strictSame(expire(terms(NOW))(deepFreeze(found)), { caller: given, result: nothing }, 'once it is right, nothing has happened')
})

t.test('an erased caller is marked with the time of the count, unless the clock was set back since', async (t) => {
  const mark = (clock: string) =>
    expire(retentionTerms(NOW, { marks: 90, callers: 30 }, new Date(clock)))(caller(400, 40)).caller.erasedAt

  t.equal(mark(daysAgo(-1)), NOW.toISOString())
  t.equal(mark(daysAgo(10)), daysAgo(10), 'then with that time, so that what comes now is not dropped')
  t.equal(mark(daysAgo(1000)), daysAgo(40), 'but not from before they were last seen')
})
