import { readFile, writeFile } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { recordCallStart } from '../../src/caller/calls.ts'
import { addFact } from '../../src/caller/facts.ts'
import { changeProfile, erase } from '../../src/caller/profile.ts'
import { learnOwnNumber } from '../../src/calls/own-numbers.ts'
import { PhoneUnreadable } from '../../src/errors.ts'
import { changeContext, listCallers, lookUpCaller, maskedText, storedTime } from '../../src/operator.ts'
import { createCallerIdReader } from '../../src/phone/caller-id.ts'
import { at, callerHash, contextOf, fact, filePlace } from '../stored.ts'

const callerId = createCallerIdReader({ DEFAULT_COUNTRY: 'IS', OWN_NUMBERS: ['+15550100200'] })
const NUMBER = '+3545551234'
const identity = callerId.identify(NUMBER)
const dana = identity.kind === 'phone' ? identity.phoneHash : ''
const otto = callerHash(2)

async function newMemory (t: Test) {
  const place = filePlace(t)
  const store = await place.open()
  const clock = { seconds: 0 }
  const log = { error: (fields: object, message: string) => { throw new Error(message, { cause: fields }) } }
  return { memory: { store, callerId, now: () => new Date(at(clock.seconds)), log }, store, clock, place }
}

t.test('ids are not used twice, and a new record is as old as its first change', async (t) => {
  const context = changeContext({ now: () => new Date(at(5)) }, dana)

  t.match(context, { phoneHash: dana, now: at(5) })
  t.not(changeContext({ now: () => new Date(at(5)) }, dana).newId, context.newId)
})

t.test('the caller\'s own number is masked wherever it is stored; other numbers stay', async (t) => {
  const said = 'call +354 555 1234 or 00354-5551234 or 555 1234, not +354 555 9999'
  const stored = 'call [number] or [number] or [number], not +354 555 9999'
  const redact = (text: string) => text

  t.equal(maskedText({ callerId, redact }, dana, said), stored)
  t.equal(maskedText({ callerId, redact }, otto, said), said, 'it is nobody\'s there')
  t.equal(maskedText({ callerId, redact: (text) => text.replace('call', 'CALL') }, dana, said), stored.replace('call', 'CALL'))
})

t.test('a text that masking makes too long is refused, so that no record fails its own schema', async (t) => {
  const context = { callerId, redact: (text: string) => text }
  const text = `${'x'.repeat(992)} 5551234`
  t.equal(text.length, 1000)

  t.throws(() => maskedText(context, dana, text), { code: 'BRIDGE_REQUEST_INVALID', statusCode: 400, message: /1000 characters/ })

  t.equal(maskedText(context, dana, text.slice(1)).length, 1000)
  t.equal(maskedText(context, dana, '😀'.repeat(1000)), '😀'.repeat(1000), 'characters are counted, not units')
})

t.test('an end of validity is stored in UTC, however it was written', async (t) => {
  const written: Array<[string | number | null | undefined, string | null | undefined]> = [
    [undefined, undefined],
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
  for (const [expiry, stored] of written) t.equal(storedTime('body/expires_at', expiry), stored, String(expiry))
})

t.test('a time that cannot be stored is refused', async (t) => {
  const impossible = ['2026-12-24T23:59:60Z', 'tomorrow', '', '2026-13-01T00:00:00Z', '9999-12-31T23:59:59-01:00', '0000-01-01T00:00:00+01:00', NaN, 1e15, 253402300800]
  for (const expiry of impossible) {
    t.throws(() => storedTime('body/expires_at', expiry), { code: 'BRIDGE_TIME_INVALID', statusCode: 400 }, String(expiry))
  }
})

t.test('a number leads to a caller, or it is said why not', async (t) => {
  const { memory, store } = await newMemory(t)
  await store.update(dana, fact(dana, 'x'))
  const learned = callerId.identify('+15550100300')
  if (learned.kind === 'phone') await learnOwnNumber(store, learned.phoneHash)

  t.strictSame(await lookUpCaller(memory, NUMBER), { phoneHash: dana, isKnown: true, isOwn: false })
  t.strictSame(await lookUpCaller(memory, '555 1234'), { phoneHash: dana, isKnown: true, isOwn: false })
  t.match(await lookUpCaller(memory, '+3545559999'), { isKnown: false, isOwn: false })
  t.match(await lookUpCaller(memory, '+15550100200'), { isKnown: false, isOwn: true })
  t.match(await lookUpCaller(memory, '+15550100300'), { isKnown: false, isOwn: true })
  await t.rejects(lookUpCaller(memory, 'anonymous'), new PhoneUnreadable('withheld'))
  await t.rejects(lookUpCaller(memory, 'sip:dana@example.org'), new PhoneUnreadable('sip'))
  await store.update(dana, changeProfile(contextOf(dana, 2), { remember: false }))
  t.match(await lookUpCaller(memory, NUMBER), { isKnown: true }, 'an opt-out is known too')
})

t.test('a list does not tell of a record that came back from before its erasure', async (t) => {
  const { memory, store, place } = await newMemory(t)
  await store.update(dana, fact(dana, 'erased', 0))
  const backup = await readFile(place.recordPath(dana))
  await store.update(dana, erase(at(5)))
  await writeFile(place.recordPath(dana), backup)
  await store.update(otto, fact(otto, 'x'))

  t.match(await listCallers(memory, null, 10), { callers: { length: 1, 0: { phone_hash: otto } }, next: null })
})

t.test('a list tells of each caller what an operator looks for', async (t) => {
  const { memory, store, clock } = await newMemory(t)
  await store.update(dana, fact(dana, 'holds', 0))
  await store.update(dana, addFact({ ...contextOf(dana, 0), factId: 'ends' }, { text: 'ends', expires_at: at(5) }))
  await store.update(dana, changeProfile(contextOf(dana, 0), { caller_name: 'Dana', language: 'is' }))
  await store.update(dana, recordCallStart(contextOf(dana, 4), { conversationId: 'conv_1', callSid: null }, 'inbound'))
  await store.update(otto, changeProfile(contextOf(otto, 0), { remember: false }))
  clock.seconds = 5

  const known = {
    phone_hash: dana, remember: true, caller_name: 'Dana', language: 'is', call_count: 1, total_facts: 1, pending_facts: 0, forget_wishes: 0, first_seen: at(4), last_seen: at(4)
  }
  const optedOut = {
    phone_hash: otto,
    remember: false,
    caller_name: null,
    language: null,
    call_count: 0,
    total_facts: 0,
    pending_facts: 0,
    forget_wishes: 0,
    first_seen: null,
    last_seen: null
  }
  const inOrder = [known, optedOut].toSorted((a, b) => a.phone_hash < b.phone_hash ? -1 : 1)
  t.strictSame(await listCallers(memory, null, 10), { callers: inOrder, next: null })
  t.strictSame(await listCallers(memory, null, 1), { callers: [inOrder[0]], next: inOrder[0]!.phone_hash })
  t.strictSame(await listCallers(memory, inOrder[0]!.phone_hash, 1), { callers: [inOrder[1]], next: null })
})
