import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import t, { type Test } from 'tap'
import { backfillPage, NO_COUNTS, type BackfillContext } from '../../../src/backfill/backfill.ts'
import { recordCallStart } from '../../../src/caller/calls.ts'
import { erase } from '../../../src/caller/profile.ts'
import { BRIEF } from '../../../src/elevenlabs/ask.ts'
import { StorageUnavailable } from '../../../src/errors.ts'
import { createCallerIdReader } from '../../../src/phone/caller-id.ts'
import { hashPhone } from '../../../src/phone/phone-hash.ts'
import { fakeElevenLabs, type FakeCall } from '../../fake-elevenlabs.ts'
import { DANA_HASH, type Json } from '../../fixtures/webhooks.ts'
import { AGENT } from '../../helper.ts'
import { DocumentInvalid } from '../../../src/store/formats.ts'
import { callConfig, filePlace, noLearning } from '../../stored.ts'

const OTTO = '+15550100124'
const OTTO_HASH = hashPhone(OTTO)
const SECOND_AGENT = 'agent_0002'
const { signal } = new AbortController()
const SINCE = 1000

/** A store, an API with these calls, and pages of them. */
async function bridge (t: Test, calls: FakeCall[], agentIds = [AGENT]) {
  const place = filePlace(t)
  const store = await place.open()
  const fake = await fakeElevenLabs(t, calls)
  const warnings: Array<[fields: object, message: string]> = []
  const warn = (fields: object, message: string) => { warnings.push([fields, message]) }
  const ctx: BackfillContext = {
    ...fake.context,
    ...noLearning,
    config: { ...fake.context.config, ...callConfig(agentIds) },
    store,
    callerId: createCallerIdReader({ OWN_NUMBERS: [] }),
    now: () => new Date(5_000_000),
    log: { info () {}, warn, error () {} }
  }
  const callsOf = async (phoneHash = DANA_HASH) => {
    const { record } = await store.load(phoneHash)
    return record?.remember ? record.calls.map((call) => call.conversation_id) : null
  }
  const page = async (since: number | null = SINCE, stop = signal, changes: Partial<BackfillContext> = {}) =>
    await backfillPage({ ...ctx, ...changes }, since, { patience: BRIEF, signal: stop })
  return { place, store, fake, warnings, callsOf, page }
}

t.test('takes in what was missed, the oldest call of a page first', async (t) => {
  const { page, store, fake, callsOf } = await bridge(t, [
    { id: 'conv_1', startedAt: 1100 }, { id: 'conv_3', startedAt: 1300, status: 'failed' }, { id: 'conv_2', startedAt: 1200 }, { id: 'conv_o', startedAt: 1250, caller: OTTO }
  ])

  const since = new Date(SINCE * 1000).toISOString()
  t.strictSame(await page(), { ...NO_COUNTS, added: 4, since, progress: 1, next: null })
  t.strictSame(fake.asked, [`list ${AGENT}`, 'get conv_1', 'get conv_2', 'get conv_o', 'get conv_3'])
  t.strictSame(await callsOf(), ['conv_1', 'conv_2', 'conv_3'])
  t.strictSame(await callsOf(OTTO_HASH), ['conv_o'])
  t.match((await store.load(DANA_HASH)).record, {
    call_count: 3,
    calls: [{ number: 1, started_at: new Date(1_100_000).toISOString(), summary: 'Summary of conv_1.', status: 'done' }, {}, { status: 'failed' }]
  })
})

t.test('changes nothing the second time', async (t) => {
  const { page, store } = await bridge(t, [{ id: 'conv_1', startedAt: 1100 }, { id: 'conv_2', startedAt: 1200 }])
  await page()
  const before = (await store.load(DANA_HASH)).record

  t.match(await page(), { ...NO_COUNTS, known: 2 })
  t.strictSame((await store.load(DANA_HASH)).record, before)
})

t.test('goes through the pages, and then through the next agent\'s', async (t) => {
  const calls = Array.from({ length: 12 }, (_, n) => ({ id: `conv_${n}`, startedAt: 1100 + n }))
  const { page, fake } = await bridge(t, [...calls, { id: 'conv_b', startedAt: 1400, agent: SECOND_AGENT }, { id: 'conv_x', startedAt: 1300, agent: 'agent_of_others' }], [AGENT, SECOND_AGENT])

  const first = await page()
  const second = await page(null)
  const third = await page(null)

  t.match(first, { ...NO_COUNTS, added: 10, next: { since: SINCE, agent: AGENT, cursor: 'after-conv_2' } })
  t.match(second, { ...NO_COUNTS, added: 2, next: { since: SINCE, agent: SECOND_AGENT, cursor: null } })
  t.match(third, { ...NO_COUNTS, added: 1, next: null })
  t.strictSame(fake.queries.map((query) => query.get('agent_id')), [AGENT, AGENT, SECOND_AGENT])
  t.notOk(fake.asked.includes('get conv_x'), 'other agents\' calls are never fetched')
})

t.test('another agent\'s call is not fetched, whatever the list says, nor taken', async (t) => {
  const { page, fake, callsOf } = await bridge(t, [
    { id: 'conv_1', startedAt: 1100, change: (data) => { data.agent_id = 'agent_of_others' } }
  ])
  t.match(await page(), { ...NO_COUNTS, skipped: 1 })

  fake.instead = (asked) => asked.startsWith('list')
    ? { body: JSON.stringify({ conversations: [{ conversation_id: 'conv_2', agent_id: 'agent_of_others', status: 'done', start_time_unix_secs: 1100 }] }) }
    : null
  t.match(await page(), { ...NO_COUNTS, skipped: 1 })
  t.strictSame(fake.asked, [`list ${AGENT}`, 'get conv_1', `list ${AGENT}`])
  t.equal(await callsOf(), null)
})

t.test('calls that are not over are left for later', async (t) => {
  const statuses = ['initiated', 'in-progress', 'processing', 'something new']
  const { page, fake } = await bridge(t, statuses.map((status, n) => ({ id: `conv_${n}`, startedAt: 1100 + n, status })))

  t.match(await page(), { ...NO_COUNTS, unfinished: 4 })
  t.strictSame(fake.asked, [`list ${AGENT}`])
})

t.test('calls of nobody, of the erased and of those who opted out are passed over', async (t) => {
  const { page, store } = await bridge(t, [
    { id: 'conv_w', startedAt: 1100, caller: 'anonymous' }, { id: 'conv_e', startedAt: 1200 }, { id: 'conv_o', startedAt: 1300, caller: OTTO },
    // Without a start of its own: the list says that it was after the erasure.
    { id: 'conv_later', startedAt: 1500, change: (data) => { delete data.metadata.start_time_unix_secs } }
  ])
  await store.update(DANA_HASH, erase(new Date(1_400_000).toISOString()))
  await store.update(
    OTTO_HASH,
    (caller) => ({ caller: { ...caller, record: { phone_hash: OTTO_HASH, remember: false } }, result: null })
  )

  t.match(await page(), { ...NO_COUNTS, skipped: 3, added: 1 })
  t.match((await store.load(DANA_HASH)).record, { calls: [{ conversation_id: 'conv_later', started_at: new Date(1_500_000).toISOString() }] })
})

t.test('a number that variables alone name counts when a ring of the same conversation gave it', async (t) => {
  const change = (data: Json) => { data.metadata.phone_call = null }
  const { page, store, callsOf } = await bridge(t, [{ id: 'conv_rang', startedAt: 1100, change }, { id: 'conv_web', startedAt: 1200, change }])
  await store.update(DANA_HASH, recordCallStart({ phoneHash: DANA_HASH, newId: 'session', now: new Date(1_100_000).toISOString() }, { conversationId: 'conv_rang', callSid: null }, 'inbound'))

  t.match(await page(), { ...NO_COUNTS, added: 1, skipped: 1 })
  t.strictSame(await callsOf(), ['conv_rang'])
})

t.test('one that cannot be read is counted, and keeps no other away', async (t) => {
  const { page, fake, place, callsOf, warnings } = await bridge(t, [
    { id: 'conv_gone_15550100199', startedAt: 1100, isGone: true }, { id: 'conv_html', startedAt: 1110 }, { id: 'conv_empty', startedAt: 1120 }, { id: 'conv_o', startedAt: 1130, caller: OTTO },
    { id: 'conv_1', startedAt: 1200 }
  ])
  fake.instead = (asked) => ({ 'get conv_html': { body: '<html>' }, 'get conv_empty': { body: '{}' } })[asked]
  const path = place.recordPath(OTTO_HASH)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, '{')

  t.match(await page(), { ...NO_COUNTS, failed: 4, added: 1, next: null })
  t.strictSame(await callsOf(), ['conv_1'])
  t.equal(place.damaged.length, 1)
  const missing = 'ElevenLabs has no such conversation, or sent one that cannot be read'
  t.match(warnings.map(([fields]) => fields), [
    { conversation: 'conv_gone_[number]', reason: missing }, { conversation: 'conv_html', reason: missing }, { conversation: 'conv_empty', reason: missing },
    { conversation: 'conv_o', reason: new RegExp(`damaged.*${OTTO_HASH.slice(0, 8)}`) }
  ], 'and each is logged')
})

t.test('one that would make a record invalid is counted and logged; a bug of ours ends the page', async (t) => {
  const { page, store, warnings } = await bridge(t, [{ id: 'conv_1', startedAt: 1100 }])
  const failing = async (error: Error) =>
    await page(SINCE, signal, { store: { ...store, update: async () => { throw error } } })

  t.match(await failing(new DocumentInvalid('a record would be invalid')), { ...NO_COUNTS, failed: 1 })
  t.strictSame(warnings, [[{ conversation: 'conv_1', reason: 'a record would be invalid' }, 'a missed call could not be recorded']])
  await t.rejects(failing(new TypeError('x is not a function')), { name: 'TypeError' })
})

t.test('a call without an id in itself is known again by that of the list', async (t) => {
  const { page, callsOf } = await bridge(t, [{
    id: 'conv_1',
    startedAt: 1100,
    change: (data) => {
      delete data.conversation_id
      delete data.metadata.phone_call.call_sid
      delete data.conversation_initiation_client_data
    }
  }])
  t.match(await page(), { added: 1 })
  t.match(await page(), { known: 1 })
  t.strictSame(await callsOf(), ['conv_1'])
})

t.test('a storage that fails, a wrong key and a busy ElevenLabs end the page', async (t) => {
  const { page, store, fake, callsOf } = await bridge(t, [{ id: 'conv_1', startedAt: 1100 }, { id: 'conv_2', startedAt: 1200 }])
  const broken = { ...store, update: async () => { throw new StorageUnavailable() } }
  await t.rejects(page(SINCE, signal, { store: broken }), { code: 'BRIDGE_STORAGE_UNAVAILABLE' })

  fake.instead = (asked) => asked === 'get conv_2' ? { status: 401 } : null
  await t.rejects(page(), { code: 'BRIDGE_ELEVENLABS_REFUSED' })
  t.strictSame(await callsOf(), ['conv_1'], 'what was taken in by then stays')
  fake.instead = () => ({ status: 429 })
  await t.rejects(page(), { code: 'BRIDGE_ELEVENLABS_UNAVAILABLE' })
})

t.test('a stop ends the page', async (t) => {
  const { page, fake, callsOf } = await bridge(t, [{ id: 'conv_1', startedAt: 1100 }, { id: 'conv_2', startedAt: 1200 }])
  const stop = new AbortController()
  fake.instead = (asked) => {
    if (asked === 'get conv_2') stop.abort()
    return null
  }
  await t.rejects(page(SINCE, stop.signal), { name: 'AbortError' })
  t.strictSame(await callsOf(), ['conv_1'])
})

t.test('what ElevenLabs says counts as signed: it teaches our own number', async (t) => {
  const { page, store } = await bridge(t, [{ id: 'conv_1', startedAt: 1100 }])
  await page()
  t.equal((await store.loadDocument('own-numbers'))?.phone_hashes.length, 1)
})
