import t, { type Test } from 'tap'
import { BRIEF, ONE_TRY, PATIENT, type Patience } from '../../../src/elevenlabs/ask.ts'
import { getConversation, listConversations } from '../../../src/elevenlabs/conversations.ts'
import { ELEVENLABS_KEY, fakeElevenLabs, type FakeAnswer, type FakeCall } from '../../fake-elevenlabs.ts'
import { freePort } from '../../free-port.ts'
import { AGENT } from '../../helper.ts'

const { signal } = new AbortController()

/** An API to ask, the requests, and the waits in milliseconds that they would have taken. */
async function client (
  t: Test, calls: FakeCall[] = [], options: { baseUrl?: string, apiKey?: string, patience?: Patience } = {}
) {
  const { baseUrl, apiKey = ELEVENLABS_KEY, patience = PATIENT } = options
  const fake = await fakeElevenLabs(t, calls)
  const waits: number[] = []
  const ctx = {
    config: { ELEVENLABS_API_BASE_URL: baseUrl ?? fake.url, ELEVENLABS_API_KEY: apiKey },
    wait: async (ms: number) => { waits.push(ms) }
  }
  const list = async (cursor: string | null = null, pageSize = 2) => await listConversations(
    ctx, { agent: AGENT, since: 100, cursor }, pageSize, { patience, signal })
  const get = async (id = 'conv_1') => await getConversation(ctx, id, { patience, signal })
  return { fake, waits, list, get }
}

/** Answers so many times, in order; then as the API would. */
function first (...answers: FakeAnswer[]) {
  let n = 0
  return () => answers[n++]
}

t.test('lists calls page by page', async (t) => {
  const { fake, list } = await client(t, [
    { id: 'conv_1', startedAt: 101 }, { id: 'conv_2', startedAt: 102, status: 'in-progress' }, { id: 'conv_3', startedAt: 103, status: 'failed' },
    { id: 'conv_old', startedAt: 100 }, { id: 'conv_other', startedAt: 105, agent: 'agent_of_others' }
  ])

  const page = await list()
  const last = await list(page.next)

  t.strictSame(page.conversations, [
    { conversationId: 'conv_3', agentId: AGENT, startedAtSeconds: 103, status: 'failed', direction: null },
    { conversationId: 'conv_2', agentId: AGENT, startedAtSeconds: 102, status: 'in-progress', direction: null }
  ])
  t.strictSame(last, { conversations: [{ conversationId: 'conv_1', agentId: AGENT, startedAtSeconds: 101, status: 'done', direction: null }], next: null })
  t.strictSame(fake.queries.map((query) => Object.fromEntries(query)), [
    { agent_id: AGENT, call_start_after_unix: '100', page_size: '2' },
    { agent_id: AGENT, call_start_after_unix: '100', page_size: '2', cursor: 'after-conv_2' }
  ])
  t.strictSame([...fake.keys], [ELEVENLABS_KEY])
})

t.test('reads a list tolerantly', async (t) => {
  const { fake, list } = await client(t)
  const cases: Array<[body: unknown, expected: unknown]> = [
    [{ conversations: [] }, { conversations: [], next: null }],
    [{ conversations: [], has_more: true }, { conversations: [], next: null }],
    [{ conversations: [], next_cursor: 'x' }, { conversations: [], next: null }],
    [{ conversations: [{ conversation_id: 'conv_1' }], next_cursor: 'x' }, { conversations: [{ conversationId: 'conv_1', agentId: null, startedAtSeconds: null, status: null, direction: null }], next: 'x' }],
    [{ conversations: [{ conversation_id: '..' }] }, { conversations: [], next: null }],
    [{ conversations: [], has_more: false, next_cursor: 'x' }, { conversations: [], next: null }],
    [{ conversations: [null, 1, {}, { conversation_id: '' }, { conversation_id: 'conv_1', start_time_unix_secs: '1', status: 7, new_field: {} }] }, {
      conversations: [{ conversationId: 'conv_1', agentId: null, startedAtSeconds: null, status: null, direction: null }], next: null
    }]
  ]
  for (const [body, expected] of cases) {
    fake.instead = () => ({ body: JSON.stringify(body) })
    t.strictSame(await list(), expected, JSON.stringify(body))
  }
  fake.instead = () => ({ body: JSON.stringify({ conversations: [{ conversation_id: 'conv_1' }], has_more: true, next_cursor: 'x' }) })
  t.match(await list('x'), { next: null }, 'a page that names itself is the last one')
})

t.test('gets a conversation', async (t) => {
  const { get, fake } = await client(t, [{ id: 'conv_1', startedAt: 101 }, { id: 'conv/2 ?', startedAt: 102 }])

  t.match(await get(), { conversation_id: 'conv_1', agent_id: AGENT, metadata: { start_time_unix_secs: 101 }, transcript: [{ role: 'agent' }] })
  t.match(await get('conv/2 ?'), { conversation_id: 'conv/2 ?' })
  t.strictSame(fake.asked, ['get conv_1', 'get conv/2 ?'])
})

t.test('a conversation that cannot be read is null', async (t) => {
  const { get, fake, waits } = await client(t)
  const large = Buffer.alloc(25 * 1024 * 1024 + 1, ' ')
  large.write('{}')
  const answers: FakeAnswer[] = [{ status: 404, body: '{}' }, { status: 422, body: '{}' }, { body: '<html>' }, { body: '' }, { body: '[]' }, { body: 'null' }, { body: large }]
  for (const answer of answers) {
    fake.instead = () => answer
    t.equal(await get(), null, String(answer.body).slice(0, 9))
  }
  fake.instead = () => ({ body: large.subarray(0, -1) })
  t.strictSame(await get(), {}, '25 MB are taken')
  t.strictSame(waits, [], 'another try would not help')
})

t.test('waits as long as ElevenLabs asks, at most a minute, and tries five times', async (t) => {
  const { fake, waits, list, get } = await client(t, [{ id: 'conv_1', startedAt: 101 }])
  fake.instead = first({ status: 429, headers: { 'retry-after': '7' } }, { status: 503, headers: { 'retry-after': '3600' } }, { status: 429, headers: { 'retry-after': '0' } })

  t.match(await list(), { conversations: [{ conversationId: 'conv_1' }] })
  t.strictSame(waits.splice(0), [7000, 60_000, 0])

  fake.instead = () => ({ status: 429, headers: { 'retry-after': 'soon' } })
  await t.rejects(get(), { code: 'BRIDGE_ELEVENLABS_UNAVAILABLE', statusCode: 503, message: 'ElevenLabs is not available at the moment (it responded with 429): try again later; what was done is kept' })
  t.strictSame(waits, [1000, 2000, 4000, 8000], 'what is no time is not waited for')
})

t.test('tries again when ElevenLabs fails, or the connection does', async (t) => {
  const { fake, waits, get } = await client(t, [{ id: 'conv_1', startedAt: 101 }])
  fake.instead = first({ status: 500 }, { status: 502, body: '<html>' }, { status: 408 })

  t.match(await get(), { conversation_id: 'conv_1' })
  t.strictSame(waits.splice(0), [1000, 2000, 4000])

  fake.instead = first({ body: '{"conversation_id"', breaks: 'cut' })
  t.match(await get(), { conversation_id: 'conv_1' }, 'an answer that is cut off is asked for again')
  t.strictSame(waits, [1000])
})

t.test('says what is wrong with the connection, and nothing more', async (t) => {
  const { list } = await client(t, [], { baseUrl: `http://user:password@127.0.0.1:${await freePort()}` })
  await t.rejects(list(), { message: /^ElevenLabs is not available at the moment \(the connection failed\)/ })
  const { list: listNowhere } = await client(t, [], { baseUrl: `http://127.0.0.1:${await freePort()}` })
  await t.rejects(listNowhere(), { message: /^ElevenLabs is not available at the moment \(the connection failed, ECONNREFUSED\)/ })
})

t.test('does not wait for ever for an answer, nor for the rest of one', async (t) => {
  const { fake, list, waits } = await client(t, [], { patience: { ...PATIENT, responseMs: 100, bodyMs: 150 } })
  fake.instead = () => ({ afterMs: Infinity })
  await t.rejects(list(), { code: 'BRIDGE_ELEVENLABS_UNAVAILABLE', message: /did not respond within 0.1 seconds/ })
  // On a busy machine a try can end before it arrives.
  t.ok(fake.asked.length <= 5)
  t.equal(waits.length, 4, 'five tries')
  fake.instead = () => ({ body: '{"conversations": [', breaks: 'stuck' })
  await t.rejects(list(), { code: 'BRIDGE_ELEVENLABS_UNAVAILABLE', message: /did not respond within 0.15 seconds/ })
})

t.test('for somebody who waits it gives up soon, unless it is asked for fewer requests', async (t) => {
  const { fake, waits, list } = await client(t, [], { patience: BRIEF })
  const retryAfter = { 'retry-after': '3600' }
  for (const answer of [{ status: 503, headers: retryAfter }, { body: '{', breaks: 'cut' as const }]) {
    fake.instead = () => answer
    await t.rejects(list(), { code: 'BRIDGE_ELEVENLABS_UNAVAILABLE' })
    t.strictSame(waits.splice(0), [1000])
  }
  t.ok(2 * BRIEF.responseMs + 1000 < 10_000, 'nor does it wait for an answer much longer')

  fake.instead = first({ status: 429, headers: retryAfter }, { status: 429 }, { status: 429 })
  t.match(await list(), { conversations: [] })
  t.strictSame(waits, [60_000, 2000, 4000])
})

t.test('what is repeated anyway is asked for once', async (t) => {
  const { fake, waits, get } = await client(t, [], { patience: ONE_TRY })
  fake.instead = () => ({ status: 429, headers: { 'retry-after': '1' } })
  await t.rejects(get(), { code: 'BRIDGE_ELEVENLABS_UNAVAILABLE' })
  t.strictSame([fake.asked.length, waits], [1, []])
})

t.test('names the setting that is wrong', async (t) => {
  const cases: Array<[answer: FakeAnswer, message: RegExp]> = [
    [{ status: 401 }, /refuses the key \(401\): check ELEVENLABS_API_KEY/],
    [{ status: 403 }, /refuses the key \(403\): check ELEVENLABS_API_KEY/],
    [{ status: 404 }, /does not know the agent \(404\): check ELEVENLABS_AGENT_ID, and that ELEVENLABS_API_KEY is from the same workspace/],
    [{ status: 422 }, /refuses the request \(422\)/],
    [{ status: 307, headers: { location: '/elsewhere' } }, /is a redirect \(307\).*ELEVENLABS_API_BASE_URL/],
    [{ body: '<html>' }, /not from ElevenLabs' API: check ELEVENLABS_API_BASE_URL/],
    [{ body: '{}' }, /not from ElevenLabs' API: check ELEVENLABS_API_BASE_URL/]
  ]
  for (const [answer, message] of cases) {
    const { fake, list, waits } = await client(t)
    fake.instead = () => answer
    await t.rejects(list(), { code: 'BRIDGE_ELEVENLABS_REFUSED', statusCode: 502, message })
    t.equal(fake.asked.length, 1, 'it is asked once, and goes nowhere else')
    t.strictSame(waits, [])
  }
  for (const status of [401, 403, 302]) {
    const { fake, get } = await client(t)
    fake.instead = () => ({ status })
    await t.rejects(get(), { code: 'BRIDGE_ELEVENLABS_REFUSED' }, `for one conversation, too: ${status}`)
  }
})

t.test('a cursor that is not known any more is told apart', async (t) => {
  const { list, fake } = await client(t)
  await t.rejects(list('after-nobody'), { code: 'BRIDGE_BACKFILL_PLACE_LOST' })
  fake.instead = () => ({ status: 401 })
  await t.rejects(list('after-nobody'), { code: 'BRIDGE_ELEVENLABS_REFUSED' }, 'a wrong key has nothing to do with it')
})

t.test('no error has the key in it', async (t) => {
  const apiKey = 'a-secret\nkey'
  const { list, fake } = await client(t, [], { apiKey })
  const error = await list().then(() => null, (refusal: Error) => refusal)

  t.match(error, { code: 'BRIDGE_ELEVENLABS_REFUSED', message: /^ELEVENLABS_API_KEY has characters/ })
  t.notMatch(`${error?.stack} ${String(error?.cause)}`, /a-secret/)
  t.strictSame(fake.asked, [])
})

t.test('stops at once', async (t) => {
  const { fake } = await client(t)
  const { config } = fake.context
  const answers: FakeAnswer[] = [{ afterMs: Infinity }, { status: 429, headers: { 'retry-after': '60' } }]
  for (const answer of answers) {
    const stop = new AbortController()
    fake.instead = () => {
      setTimeout(() => stop.abort(), 50)
      return answer
    }
    const began = performance.now()
    await t.rejects(getConversation({ config }, 'conv_1', { patience: PATIENT, signal: stop.signal }), { name: 'AbortError' })
    t.ok(performance.now() - began < 5000)
  }
})
