import { readFile, writeFile } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { learnOwnNumber } from '../../src/calls/own-numbers.ts'
import { createMemory } from '../../src/memory.ts'
import { createCallerIdReader } from '../../src/phone/caller-id-reader.ts'
import { recordCallStart } from '../../src/caller/calls.ts'
import { at, callerHash, contextOf, filePlace } from '../stored.ts'

const callerId = createCallerIdReader({ defaultCountry: 'IS', ownNumbers: ['+15550100200'] })
const NUMBER = '+3545551234'
const identity = callerId.identify(NUMBER)
const dana = identity.kind === 'phone' ? identity.phoneHash : ''
const otto = callerHash(2)
const plain = { pinned: false, expiresAt: null }

async function newMemory (t: Test) {
  const place = filePlace(t)
  const store = await place.open()
  let ids = 0
  const clock = { seconds: 0 }
  const memory = createMemory({ store, callerId, redact: (text) => text, now: () => new Date(at(clock.seconds)), newId: () => `id-${++ids}` })
  return { memory, store, clock, place }
}

t.test('a fact is added, corrected and deleted', async (t) => {
  const { memory, clock } = await newMemory(t)

  const { fact, totalFacts } = await memory.addFact(dana, { text: 'likes tea', pinned: true, expiresAt: null })
  clock.seconds = 5
  const corrected = await memory.correctFact(dana, fact.id, { text: 'likes coffee' })

  t.equal(totalFacts, 1)
  t.strictSame(corrected.fact, { ...fact, text: 'likes coffee', updated_at: at(5) })
  t.match(await memory.read(dana), { phone_hash: dana, facts: [corrected.fact] })
  t.not(fact.id, (await memory.read(dana).then((record) => record?.remember && record.session_id)), 'ids are not used twice')
  t.equal(await memory.removeFact(dana, fact.id), 0)
  await t.rejects(memory.removeFact(dana, fact.id), { code: 'BRIDGE_FACT_UNKNOWN' })
})

t.test('the caller\'s own number is masked wherever it is stored; other numbers stay', async (t) => {
  const { memory } = await newMemory(t)
  const said = 'call +354 555 1234 or 00354-5551234 or 555 1234, not +354 555 9999'
  const stored = 'call [number] or [number] or [number], not +354 555 9999'

  const { fact } = await memory.addFact(dana, { text: said, ...plain })
  const other = await memory.addFact(dana, { text: 'other', ...plain })
  const corrected = await memory.correctFact(dana, other.fact.id, { text: `new: ${said}` })
  const note = await memory.addNote(dana, said, null)

  t.strictSame([fact.text, corrected.fact.text, note.text], [stored, `new: ${stored}`, stored])
  t.match(await memory.read(dana), { facts: [{ text: stored }, { text: `new: ${stored}` }], notes: [{ text: stored }] })
  t.equal((await memory.addFact(dana, { text: said, ...plain })).totalFacts, 2, 'a repeat is told by what is stored')
  t.equal((await memory.addFact(otto, { text: said, ...plain })).fact.text, said, 'it is nobody\'s there')
  t.notMatch(JSON.stringify(await memory.read(dana)), /555.?1234/)
})

t.test('a text that masking makes too long is refused, so that no record fails its own schema', async (t) => {
  const { memory } = await newMemory(t)
  const text = `${'x'.repeat(992)} 5551234`
  const tooLong = { code: 'BRIDGE_REQUEST_INVALID', statusCode: 400, message: /1000 characters/ }
  t.equal(text.length, 1000)
  const { fact } = await memory.addFact(dana, { text: 'short', ...plain })

  await t.rejects(memory.addFact(dana, { text, ...plain }), tooLong)
  await t.rejects(memory.correctFact(dana, fact.id, { text }), tooLong)
  await t.rejects(memory.addNote(dana, text, null), tooLong)

  t.equal((await memory.addFact(dana, { text: text.slice(1), ...plain })).totalFacts, 2)
  t.equal((await memory.addFact(dana, { text: '😀'.repeat(1000), ...plain })).totalFacts, 3, 'characters are counted, not units')
  t.match(await memory.read(dana), { facts: { length: 3 } })
})

t.test('an end of validity is stored in UTC, however it was written', async (t) => {
  const { memory } = await newMemory(t)
  const written: Array<[string | number | null, string | null]> = [
    [null, null],
    [0, '1970-01-01T00:00:00.000Z'],
    [1798135200, '2026-12-24T18:00:00.000Z'],
    [253402300799, '9999-12-31T23:59:59.000Z'],
    ['2026-12-24T18:00:00Z', '2026-12-24T18:00:00.000Z'],
    ['2026-12-24t18:00:00z', '2026-12-24T18:00:00.000Z'],
    ['2026-12-24 18:00:00Z', '2026-12-24T18:00:00.000Z'],
    ['2026-12-24T18:00:00.123456Z', '2026-12-24T18:00:00.123Z'],
    ['2026-12-24T18:00:00+05:30', '2026-12-24T12:30:00.000Z'],
    ['2026-12-24T18:00:00-0130', '2026-12-24T19:30:00.000Z'],
    ['2026-12-24T18:00:00+01', '2026-12-24T17:00:00.000Z'],
    ['2026-12-24 18:00:00.5-01', '2026-12-24T19:00:00.500Z'],
    ['2026-12-31T23:30:00-01:00', '2027-01-01T00:30:00.000Z']
  ]
  const { fact } = await memory.addFact(dana, { text: 'x', ...plain })
  for (const [expiresAt, stored] of written) {
    t.equal((await memory.addFact(dana, { text: `until ${expiresAt}`, pinned: false, expiresAt })).fact.expires_at, stored, String(expiresAt))
    t.equal((await memory.correctFact(dana, fact.id, { expiresAt })).fact.expires_at, stored)
    t.equal((await memory.addNote(dana, 'x', expiresAt)).expires_at, stored)
    t.equal((await memory.addNote(null, 'x', expiresAt)).expires_at, stored)
  }
  t.match(await memory.read(dana), { facts: { length: written.length + 1 } }, 'and the record can be read again')
})

t.test('a time that cannot be stored is refused, and nothing is written', async (t) => {
  const { memory } = await newMemory(t)
  const impossible = ['2026-12-24T23:59:60Z', 'tomorrow', '', '2026-13-01T00:00:00Z', '9999-12-31T23:59:59-01:00', '0000-01-01T00:00:00+01:00', NaN, 1e15, 253402300800]
  const { fact } = await memory.addFact(dana, { text: 'x', ...plain })
  for (const expiresAt of impossible) {
    const refused = { code: 'BRIDGE_TIME_INVALID', statusCode: 400 }
    await t.rejects(memory.addFact(dana, { text: 'y', pinned: false, expiresAt }), refused, String(expiresAt))
    await t.rejects(memory.correctFact(dana, fact.id, { expiresAt }), refused)
    await t.rejects(memory.addNote(dana, 'y', expiresAt), refused)
    await t.rejects(memory.addNote(null, 'y', expiresAt), refused)
  }
  t.match(await memory.read(dana), { facts: [fact], notes: [] })
  t.strictSame(await memory.listNotes(null), [])
})

t.test('a correction leaves what it does not name', async (t) => {
  const { memory } = await newMemory(t)
  const { fact } = await memory.addFact(dana, { text: 'x', pinned: true, expiresAt: 2000000000 })

  t.strictSame((await memory.correctFact(dana, fact.id, { text: 'y' })).fact, { ...fact, text: 'y' })
  t.strictSame((await memory.correctFact(dana, fact.id, { expiresAt: null })).fact, { ...fact, text: 'y', expires_at: null })
})

t.test('notes are for one caller or for everybody, each where it was put', async (t) => {
  const { memory, clock } = await newMemory(t)
  const global = await memory.addNote(null, 'closed at noon', 2000000000)
  clock.seconds = 3
  const own = await memory.addNote(dana, 'comes by at ten', null)

  t.strictSame(await memory.listNotes(null), [global])
  t.strictSame(await memory.listNotes(dana), [own])
  t.strictSame(await memory.listNotes(otto), [])
  t.strictSame([global.created_at, own.created_at], [at(0), at(3)])
  await t.rejects(memory.removeNote(null, own.id), { code: 'BRIDGE_NOTE_UNKNOWN' })
  await t.rejects(memory.removeNote(dana, global.id), { code: 'BRIDGE_NOTE_UNKNOWN' })
  await memory.removeNote(null, global.id)
  await memory.removeNote(dana, own.id)
  t.strictSame([await memory.listNotes(null), await memory.listNotes(dana)], [[], []])
})

t.test('a number leads to a caller, or it is said why not', async (t) => {
  const { memory, store } = await newMemory(t)
  await memory.addFact(dana, { text: 'x', ...plain })
  const learned = callerId.identify('+15550100300')
  if (learned.kind === 'phone') await learnOwnNumber(store, learned.phoneHash)

  t.strictSame(await memory.lookup(NUMBER), { phoneHash: dana, isKnown: true, isOwn: false })
  t.strictSame(await memory.lookup('555 1234'), { phoneHash: dana, isKnown: true, isOwn: false })
  t.match(await memory.lookup('+3545559999'), { isKnown: false, isOwn: false })
  t.match(await memory.lookup('+15550100200'), { isKnown: false, isOwn: true })
  t.match(await memory.lookup('+15550100300'), { isKnown: false, isOwn: true })
  t.strictSame(await memory.lookup('anonymous'), { kind: 'withheld' })
  t.strictSame(await memory.lookup('sip:dana@example.org'), { kind: 'sip' })
  await memory.changeProfile(dana, { remember: false })
  t.match(await memory.lookup(NUMBER), { isKnown: true }, 'an opt-out is known too')
})

t.test('a list does not tell of a record that came back from before its erasure', async (t) => {
  const { memory, clock, place } = await newMemory(t)
  await memory.addFact(dana, { text: 'erased', ...plain })
  const backup = await readFile(place.recordPath(dana))
  clock.seconds = 5
  await memory.erase(dana)
  await writeFile(place.recordPath(dana), backup)
  await memory.addFact(otto, { text: 'x', ...plain })

  t.match(await memory.list(null, 10), { callers: { length: 1, 0: { phone_hash: otto } }, next: null })
})

t.test('a list tells of each caller what an operator looks for', async (t) => {
  const { memory, store, clock } = await newMemory(t)
  await memory.addFact(dana, { text: 'holds', ...plain })
  await memory.addFact(dana, { text: 'ends', pinned: false, expiresAt: at(5) })
  await memory.changeProfile(dana, { callerName: 'Dana', language: 'is' })
  await store.update(dana, recordCallStart(contextOf(dana, 4), { conversationId: 'conv_1', callSid: null }, 'inbound'))
  await memory.changeProfile(otto, { remember: false })
  clock.seconds = 5

  const known = {
    phone_hash: dana, remember: true, caller_name: 'Dana', language: 'is', call_count: 1, total_facts: 1, pending_facts: 0, first_seen: at(4), last_seen: at(4)
  }
  const optedOut = {
    phone_hash: otto,
    remember: false,
    caller_name: null,
    language: null,
    call_count: 0,
    total_facts: 0,
    pending_facts: 0,
    first_seen: null,
    last_seen: null
  }
  const inOrder = [known, optedOut].toSorted((a, b) => a.phone_hash < b.phone_hash ? -1 : 1)
  t.strictSame(await memory.list(null, 10), { callers: inOrder, next: null })
  t.strictSame(await memory.list(null, 1), { callers: [inOrder[0]], next: inOrder[0]!.phone_hash })
  t.strictSame(await memory.list(inOrder[0]!.phone_hash, 1), { callers: [inOrder[1]], next: null })
})

t.test('an erasure takes everything and says what it took', async (t) => {
  const { memory, clock } = await newMemory(t)
  await memory.addFact(dana, { text: 'x', ...plain })
  await memory.addNote(dana, 'y', null)
  clock.seconds = 8

  t.strictSame(await memory.erase(dana), {
    erasedAt: at(8), storage: 'files', record: true, name: false, facts: 1, notes: 1, calls: 0
  })
  t.equal(await memory.read(dana), null)
})
