/** From the post-call webhook to the record, with a model that says what a test wants it to. */
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import type { CallerRecord } from '../schemas/caller-record.ts'
import type { ModelAnswer } from '../schemas/model-answer.ts'
import type { AppOptions } from '../src/app.ts'
import { activeRecord } from '../src/caller/caller.ts'
import { isCurrentFact } from '../src/caller/facts.ts'
import { fakeElevenLabs } from './fake-elevenlabs.ts'
import { DANA_HASH, postCall, ring, testClock, transcription, type Json } from './fixtures/webhooks.ts'
import { TRANSCRIPTS } from './fixtures/transcripts.ts'
import { ADMIN_KEY, build } from './helper.ts'
import { startModel, type Script } from './scripted-model.ts'
import { filesUnder } from './stored.ts'

/** A bridge that learns from a scripted model. */
async function learningBridge (t: Test, script: Script, env: AppOptions['env'] = {}) {
  const model = await startModel(t, script)
  const clock = testClock('2026-10-18T09:21:04.000Z')
  const app = await build(t, { LEARN_FROM_TRANSCRIPT: 'true', OPENCLAW_API_BASE_URL: model.url, OPENCLAW_API_KEY: 'a-gateway-token-for-tests', ...env }, { now: clock.now })
  await app.ready()
  const report = async (change: (data: Json) => void = () => {}) => await postCall(
    app,
    await transcription(change),
    clock.now()
  )
  return { app, model, clock, report }
}

const saying = (...said: string[]) => (data: Json) => {
  data.analysis.data_collection_results = {}
  data.transcript = said.map((line) => ({ role: line.startsWith('A: ') ? 'agent' : 'user', message: line.slice(3) }))
}

async function recordOf (app: FastifyInstance): Promise<CallerRecord> {
  const record = activeRecord(await app.store.load(DANA_HASH))
  if (record === null) throw new Error('no record')
  return record
}

/** The record once `isThere`, at most a minute later. */
async function recordWhen (app: FastifyInstance, isThere: (record: CallerRecord) => boolean): Promise<CallerRecord> {
  for (let tries = 0; tries < 3000; tries++) {
    const record = activeRecord(await app.store.load(DANA_HASH))
    if (record !== null && isThere(record)) return record
    await sleep(20)
  }
  throw new Error(`not so after a minute: ${JSON.stringify(await app.store.load(DANA_HASH))}`)
}

/** A line of the log, which may be written a moment after the record. */
async function lineOf (app: Awaited<ReturnType<typeof build>>, msg: string): Promise<Record<string, unknown>> {
  for (;;) {
    const line = app.lines.find((each) => each['msg'] === msg)
    if (line !== undefined) return line
    await sleep(20)
  }
}

const WARNING = 'The language model cannot be reached; calls are waiting to be learnt from. Check OPENCLAW_API_BASE_URL.'

const isLearnt = (record: CallerRecord) => record.jobs === undefined
/** Lets the time between the tries go by, until the job is kept aside. */
async function failToTheLast (app: FastifyInstance, clock: ReturnType<typeof testClock>): Promise<void> {
  for (const [tries, seconds] of [[1, 30], [2, 120], [3, 600], [4, 3600], [5, 21_600]] as const) {
    await recordWhen(app, (record) => record.jobs?.[0]?.tries === tries)
    clock.pass(seconds)
    app.learning.wake()
  }
  await recordWhen(app, (record) => record.jobs?.[0]?.state === 'failed')
}

const answer = (more: Partial<ModelAnswer>): ModelAnswer => ({
  operations: [],
  caller_name: null,
  language: null,
  open_items: [],
  ...more
})
const dog = { op: 'add' as const, fact_id: null, text: 'Has a dog called Rex', category: 'person' as const, confidence: 0.9, turns: [2] }
const aboutRex = saying('A: Hello.', 'U: I have a dog called Rex.')

async function ask (app: FastifyInstance, method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, payload?: object) {
  const response = await app.inject({
    method, url: `/api${path}`, headers: { authorization: `Bearer ${ADMIN_KEY}` }, ...(payload === undefined ? {} : { payload })
  })
  return { status: response.statusCode, body: response.json() }
}

/** A record with names in place of random ids: `session`, `id-1`, `id-2`, … */
function withoutChance (record: CallerRecord): unknown {
  const ids = [...record.facts, ...record.open_items ?? []].map(({ id }) => id).filter((id) => !id.startsWith('known-'))
  const text = ids.reduce((text, id, n) => text.replaceAll(id, `id-${n + 1}`), JSON.stringify({ ...record, session_id: 'session' }))
  return JSON.parse(text)
}

t.test('what transcripts leave behind', async (t) => {
  const expected = JSON.parse(await readFile('test/fixtures/transcript-records.json', 'utf8'))
  for (const {
    what,
    said,
    before = [],
    answer: given,
    told,
    pending = [],
    name = null,
    open = [],
    dropped = {}
  } of TRANSCRIPTS) {
    t.test(what, async (t) => {
      const { app, report } = await learningBridge(t, () => ({ answer: answer(given) }))
      await ring(app, { conversation_id: 'conv_before' })
      await app.store.update(DANA_HASH, (caller) => {
        const record = activeRecord(caller)!
        const facts = before.map((text, n) => ({
          id: `known-${n + 1}`, text, source: 'call', evidence: text, pinned: false, created_at: '2026-10-01T00:00:00.000Z', updated_at: '2026-10-01T00:00:00.000Z', expires_at: null, superseded_by: null
        }))
        return { caller: { ...caller, record: { ...record, facts } }, result: null }
      })

      await report(saying(...said))

      const record = await recordWhen(
        app,
        (each) => isLearnt(each) && each.calls.some((call) => call.learnt_at != null)
      )
      const now = new Date().toISOString()
      t.strictSame(record.facts.filter((fact) => isCurrentFact(fact, now)).map(({ text }) => text), told)
      t.strictSame(record.facts.filter(({ state }) => state === 'pending').map(({ text }) => text), pending)
      t.strictSame(record.open_items?.map(({ text }) => text) ?? [], open)
      t.equal(record.caller_name, name)
      t.strictSame(withoutChance(record), expected[what], 'the record, whole')
      t.strictSame((await lineOf(app, 'learnt from a call'))['dropped'], dropped)
    })
  }
})

t.test('the record after a call, whole', async (t) => {
  const { app, report } = await learningBridge(t, () => ({ answer: answer({ operations: [dog], open_items: [{ op: 'open', item_id: null, text: 'Call back about Rex', turns: [3] }] }) }))
  await report((data) => {
    aboutRex(data)
    data.transcript.push({ role: 'agent', message: 'We will call back about Rex.' })
    data.analysis.data_collection_results = {
      delivery_pref: { data_collection_id: 'delivery_pref', value: 'neighbour', rationale: 'Stated directly.' }, caller_name: { value: 'Dana' }, language: { value: 'en' }, empty: { value: null }
    }
  })

  const record = await recordWhen(app, isLearnt)

  const ids = [...record.facts, ...record.open_items ?? []].map(({ id }) => id)
  const { session_id: sessionId } = record
  t.equal(new Set(ids).size, 3)
  t.strictSame(record, {
    version: 1,
    phone_hash: DANA_HASH,
    session_id: sessionId,
    caller_name: 'Dana',
    names: [{
      id: 'name-2026-10-18T09:21:04.000Z', text: 'Dana', source: 'call', created_at: '2026-10-18T09:21:04.000Z', ended_at: null
    }],
    language: 'en',
    learnt_fields: ['caller_name', 'language'],
    remember: true,
    created_at: '2026-10-18T09:21:04.000Z',
    first_seen: '2026-10-18T09:20:00.000Z',
    last_seen: '2026-10-18T09:20:00.000Z',
    call_count: 1,
    facts: [
      {
        id: ids[0],
        text: 'Delivery pref: neighbour',
        source: 'collected',
        evidence: 'Stated directly.',
        pinned: false,
        created_at: '2026-10-18T09:20:42.000Z',
        updated_at: '2026-10-18T09:21:04.000Z',
        expires_at: null,
        superseded_by: null,
        conversation_id: 'conv_0001syntheticexample0001',
        label: 'delivery_pref',
        noted_by: 'form'
      },
      {
        id: ids[1],
        text: 'Has a dog called Rex',
        source: 'call',
        evidence: 'I have a dog called Rex.',
        pinned: false,
        created_at: '2026-10-18T09:20:42.000Z',
        updated_at: '2026-10-18T09:21:04.000Z',
        expires_at: null,
        superseded_by: null,
        conversation_id: 'conv_0001syntheticexample0001',
        category: 'person',
        confidence: 0.9
      }
    ],
    notes: [],
    calls: [{
      number: 1,
      conversation_id: 'conv_0001syntheticexample0001',
      call_sid: 'CA00000000000000000000000000000001',
      direction: 'inbound',
      started_at: '2026-10-18T09:20:00.000Z',
      ended_at: '2026-10-18T09:20:42.000Z',
      duration_secs: 42,
      status: 'done',
      failure_reason: null,
      title: 'Delivery preference',
      summary: 'Caller changed a delivery preference.',
      outcome: 'success',
      evaluation: [{ criteria_id: 'resolved', result: 'success', rationale: 'Request was recorded.' }],
      learnt_at: '2026-10-18T09:21:04.000Z'
    }],
    folded_calls: [],
    open_items: [{
      id: ids[2],
      text: 'Call back about Rex',
      evidence: 'We will call back about Rex.',
      conversation_id: 'conv_0001syntheticexample0001',
      created_at: '2026-10-18T09:20:42.000Z',
      closed_at: null
    }]
  })
})

t.test('three deliveries, whenever they come, learn once', async (t) => {
  const { app, model, report, clock } = await learningBridge(
    t,
    () => ({ answer: answer({ operations: [dog] }), delayMs: 100 })
  )

  const [first, second] = await Promise.all([report(aboutRex), report(aboutRex)])
  const record = await recordWhen(app, isLearnt)
  clock.pass(120)
  const third = await report(aboutRex)
  await sleep(300)

  t.strictSame([first, second, third].map((response) => response.json().outcome).sort(), ['added', 'repeated', 'repeated'])
  t.strictSame(await recordOf(app), record)
  t.equal(model.requests.length, 1)
})

t.test('the model hears what was said, and nothing that names the caller', async (t) => {
  const { app, model, report } = await learningBridge(t, () => ({ answer: answer({}) }))
  await report(saying('U: My number is +1 555 010 0123, my card 4111111111111111.'))
  await recordWhen(app, isLearnt)

  const { body, headers } = model.requests[0]!
  t.match(JSON.stringify(body['messages']), /My number is .*my card \[card number\]/)
  t.notMatch(JSON.stringify(body), /0100123|4111|71e19f52/)
  t.equal(headers['authorization'], 'Bearer a-gateway-token-for-tests')
  t.notOk('user' in body)
})

t.test('a model that fails is tried again, and then the call is kept aside until somebody asks', async (t) => {
  let isUp = false
  const { app, model, clock, report } = await learningBridge(
    t,
    () => isUp ? { answer: answer({ operations: [dog] }) } : { status: 500 }
  )
  await report(aboutRex)
  await failToTheLast(app, clock)
  t.equal(model.requests.length, 6)

  const { body: { jobs: [job] } } = await ask(app, 'GET', '/jobs?state=failed')
  t.match(job, { phone_hash: DANA_HASH, conversation_id: 'conv_0001syntheticexample0001', state: 'failed', tries: 6, has_turns: true })
  t.notOk('turns' in job)
  isUp = true
  t.match(await ask(app, 'POST', `/jobs/${job.id}/retry`), { status: 200, body: { state: 'waiting', tries: 0 } })

  t.match((await recordWhen(app, isLearnt)).facts, [{ text: 'Has a dog called Rex' }])
  t.strictSame((await ask(app, 'GET', '/jobs')).body, { jobs: [], next: null })
  t.strictSame(await ask(app, 'POST', `/jobs/${job.id}/retry`).then(({ status, body }) => [status, body.code]), [404, 'BRIDGE_JOB_UNKNOWN'])
})

t.test('what was said is dropped after seven days, and fetched again for a retry', async (t) => {
  let isUp = false
  const elevenLabs = await fakeElevenLabs(t, [{ id: 'conv_0001syntheticexample0001', startedAt: 1_792_315_200, change: aboutRex }])
  const { app, clock, report } = await learningBridge(
    t,
    () => isUp ? { answer: answer({ operations: [dog] }) } : { status: 401 },
    { ELEVENLABS_API_BASE_URL: elevenLabs.url }
  )
  await report(aboutRex)
  await failToTheLast(app, clock)
  clock.pass(7 * 24 * 3600)
  app.learning.wake()
  const { jobs } = await recordWhen(app, (record) => record.jobs?.[0]?.turns === null)
  t.match(jobs, [{ state: 'failed', error: /status 401: check OPENCLAW_API_KEY/ }])

  const { body: { jobs: [job] } } = await ask(app, 'GET', '/jobs')
  t.equal(job.has_turns, false)
  elevenLabs.calls[0]!.isGone = true
  await ask(app, 'POST', `/jobs/${job.id}/retry`)
  t.match(await recordWhen(app, (record) => record.jobs?.[0]?.state === 'failed'), { jobs: [{ error: /neither here nor at ElevenLabs/, tries: 1 }] })

  elevenLabs.calls[0]!.isGone = false
  isUp = true
  await ask(app, 'POST', `/jobs/${job.id}/retry`)
  t.match((await recordWhen(app, isLearnt)).facts, [{ text: 'Has a dog called Rex', evidence: 'I have a dog called Rex.' }])
})

t.test('answers that cannot be used are failures, and teach nothing', async (t) => {
  const scripts: Record<string, Script> = {
    prose: () => ({ text: 'I would rather not.' }),
    'cut off': () => ({ cutOff: answer({ operations: [dog] }) }),
    refused: () => ({ refusal: 'No.' }),
    'too many requests': () => ({ status: 429, headers: { 'retry-after': '7200' } })
  }
  for (const [what, script] of Object.entries(scripts)) {
    const { app, report } = await learningBridge(t, script)
    await report(aboutRex)
    const { facts, jobs } = await recordWhen(app, (record) => record.jobs?.[0]?.tries === 1)
    t.strictSame(facts, [], what)
    t.match(jobs, [{ state: 'waiting', due_at: what === 'too many requests' ? '2026-10-18T11:21:04.000Z' : '2026-10-18T09:21:34.000Z', error: /./ }], what)
    t.notMatch(JSON.stringify(app.lines), /Rex|dog/, 'the log has nothing of what was said')
  }
})

t.test('work outlives the process', async (t) => {
  const { app: before, model: hung, clock, report } = await learningBridge(
    t,
    () => ({ answer: answer({ operations: [dog] }), delayMs: 60_000 })
  )
  await report(aboutRex)
  while (hung.requests.length === 0) await sleep(10)
  await before.close()

  t.test('and is done at once by the next one', async (t) => {
    const model = await startModel(t, () => ({ answer: answer({ operations: [dog] }) }))
    const app = await build(t, { LEARN_FROM_TRANSCRIPT: 'true', OPENCLAW_API_BASE_URL: model.url, DATA_DIR: before.config.DATA_DIR }, { now: clock.now })
    await app.ready()

    t.match((await recordWhen(app, isLearnt)).facts, [{ text: 'Has a dog called Rex' }])
  })
})

t.test('a job that waits for a later try is tried at once after a restart', async (t) => {
  const { app: before, clock, report } = await learningBridge(t, () => ({ status: 401 }))
  await report(aboutRex)
  await recordWhen(before, (record) => record.jobs?.[0]?.tries === 1)
  clock.pass(30)
  before.learning.wake()
  await recordWhen(before, (record) => record.jobs?.[0]?.tries === 2)
  await before.close()

  await t.test('with a setting that was fixed', async (t) => {
    const model = await startModel(t, () => ({ answer: answer({ operations: [dog] }) }))
    const env = { LEARN_FROM_TRANSCRIPT: 'true', OPENCLAW_API_BASE_URL: model.url, DATA_DIR: before.config.DATA_DIR }
    const app = await build(t, env, { now: clock.now })
    await app.ready()

    t.match((await recordWhen(app, isLearnt)).facts, [{ text: 'Has a dog called Rex' }])
  })
})

t.test('readiness says that the model cannot be reached', async (t) => {
  const { app, clock, report } = await learningBridge(t, () => ({ reset: true }))
  for (const id of ['one', 'two', 'three']) {
    await report((data) => {
      aboutRex(data)
      data.conversation_id = id
      data.metadata.phone_call.call_sid = id
    })
  }
  await lineOf(app, WARNING)

  t.strictSame((await app.inject('/health/ready')).json(), {
    status: 'ok',
    timestamp: clock.now().toISOString(),
    warnings: [WARNING],
    unrecorded_calls: 0,
    closed_connections: 0,
    circuits: { model: 'open', elevenlabs: 'closed' }
  })
  clock.pass(30)
  t.match((await app.inject('/health/ready')).json(), { warnings: [WARNING], circuits: { model: 'half-open' } })
})

t.test('who is erased while the model thinks stays erased', async (t) => {
  const { app, model, clock, report } = await learningBridge(
    t,
    () => ({ answer: answer({ operations: [dog] }), delayMs: 300 })
  )
  await report(aboutRex)
  while (model.requests.length === 0) await sleep(10)
  clock.pass(60)
  await ask(app, 'DELETE', `/memory/${DANA_HASH}`)
  await sleep(600)

  t.match(await app.store.load(DANA_HASH), { record: null })
})

t.test('what waits is sealed, exported and erased with its caller', async (t) => {
  const { app, model, clock, report } = await learningBridge(t, () => ({ status: 500 }), { DATA_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64') })
  const stored = async () => [...await filesUnder(app.config.DATA_DIR)].map(([name, bytes]) => `${name}\n${bytes.toString('latin1')}`).join('\n')
  await report(aboutRex)
  await recordWhen(app, (record) => record.jobs?.[0]?.tries === 1)

  t.match((await ask(app, 'GET', `/memory/${DANA_HASH}`)).body.jobs, [{ turns: [{}, { text: 'I have a dog called Rex.' }] }])
  // Three letters alone may stand in what is sealed by chance.
  t.notMatch(await stored(), /called Rex/)
  t.match(await stored(), new RegExp(`queue/71/${DANA_HASH}`))

  clock.pass(60)
  await ask(app, 'DELETE', `/memory/${DANA_HASH}`)
  app.learning.wake()
  await sleep(200)
  clock.pass(60)
  app.learning.wake()
  while (/queue/.test(await stored())) await sleep(20)
  t.equal(model.requests.length, 1, 'the model is not asked again')
})

t.test('nobody learns about whoever opted out, from a call that failed, or from one where nobody spoke', async (t) => {
  const { app, model, report } = await learningBridge(t, () => ({ answer: answer({ operations: [dog] }) }))
  await report((data) => { data.transcript = []; data.conversation_id = 'empty' })
  await report((data) => { data.transcript = null; data.status = 'failed'; data.conversation_id = 'failed' })
  await report((data) => { saying('A: Hello?', 'A: Nobody there.')(data); data.conversation_id = 'silent' })
  t.notOk('jobs' in await recordOf(app))
  await ask(app, 'PATCH', `/memory/${DANA_HASH}`, { remember: false })
  await report((data) => { aboutRex(data); data.conversation_id = 'later' })
  await sleep(200)

  t.equal(model.requests.length, 0)
})

t.test('without a model the bridge still learns what was collected, and asks nobody', async (t) => {
  const model = await startModel(t, () => ({ answer: answer({ operations: [dog] }) }))
  const clock = testClock('2026-10-18T09:21:04.000Z')
  const app = await build(t, { OPENCLAW_API_BASE_URL: model.url }, { now: clock.now })
  const report = async (value: unknown, id: string) => await postCall(app, await transcription((data) => {
    data.conversation_id = id
    data.metadata.phone_call.call_sid = id
    data.analysis.data_collection_results = { delivery_pref: { value }, first_name: { value: '  Dana ' }, language: { value: 'no such language' }, nothing: { value: '' }, list: { value: ['a', 2, true] } }
  }), clock.now())
  await report('door', 'c1')
  await report('neighbour', 'c2')
  await report('neighbour', 'c2')

  const record = await recordOf(app)
  t.match(record, { caller_name: 'Dana', language: null, call_count: 2 })
  t.strictSame(record.facts.map(({ text, superseded_by: by }) => [text, by !== null]), [['Delivery pref: door', true], ['List: a, 2, yes', false], ['Delivery pref: neighbour', false]])
  t.notOk('jobs' in record)
  t.equal(model.requests.length, 0)
})

t.test('what the operator has set stays when ElevenLabs collects something else', async (t) => {
  const clock = testClock('2026-10-18T09:21:04.000Z')
  const app = await build(t, {}, { now: clock.now })
  await ask(app, 'PATCH', `/memory/${DANA_HASH}`, { caller_name: 'Dana Reed', language: 'fr' })
  await postCall(app, await transcription((data) => { data.analysis.data_collection_results = { name: { value: 'Otto' }, language: { value: 'de' } } }), clock.now())
  t.match(await recordOf(app), { caller_name: 'Dana Reed', language: 'fr' })
})

t.test('STORE_TRANSCRIPTS keeps what was said with the call, masked', async (t) => {
  const clock = testClock('2026-10-18T09:21:04.000Z')
  const app = await build(t, { STORE_TRANSCRIPTS: 'true' }, { now: clock.now })
  await postCall(app, await transcription(saying('A: Your number?', 'U: 555 010 0123, and my SSN is 123-45-6789.')), clock.now())
  const { calls } = await recordOf(app)
  t.match(calls[0]?.transcript, [{ number: 1, role: 'agent', text: 'Your number?' }, { number: 2, role: 'user', text: /SSN is \[social security number\]/ }])
  t.notMatch(JSON.stringify(calls), /010 0123|6789/)
})

t.test('REDACT=off leaves what was said as it is', async (t) => {
  const clock = testClock('2026-10-18T09:21:04.000Z')
  const app = await build(t, { REDACT: 'off' }, { now: clock.now })
  await postCall(app, await transcription((data) => { data.analysis.transcript_summary = 'Paid with 4111 1111 1111 1111.' }), clock.now())
  t.equal((await recordOf(app)).calls[0]?.summary, 'Paid with 4111 1111 1111 1111.')
})

t.test('a call says what it was told, and open items are told as such', async (t) => {
  const { app, clock, report } = await learningBridge(t, () => ({ answer: answer({ operations: [dog], open_items: [{ op: 'open', item_id: null, text: 'Call back about Rex', turns: [2] }] }) }))
  await report(aboutRex)
  const { facts, open_items: items } = await recordWhen(app, isLearnt)
  clock.pass(3600)
  const { body: { id: noteId } } = await ask(app, 'POST', '/notes', { phone_hash: DANA_HASH, note: 'Parcel is at the depot' })

  const prompt = (await ring(app, { conversation_id: 'conv_2' })).json().conversation_config_override.agent.prompt.prompt

  t.match(
    prompt,
    /Known facts:\n- Has a dog called Rex\nStill open from earlier calls:\n- \(since 2026-10-18\) Call back about Rex\n/
  )
  const { calls } = await recordOf(app)
  t.strictSame(calls.at(-1)?.told, ['conv_0001syntheticexample0001', items?.[0]?.id, noteId, facts[0]?.id])

  const closed = await ask(app, 'POST', `/memory/${DANA_HASH}/open-items/${items?.[0]?.id}/close`)
  t.match(closed, { status: 200, body: { text: 'Call back about Rex', closed_at: clock.now().toISOString() } })
  t.notMatch((await ring(app, { conversation_id: 'conv_3' })).json().conversation_config_override.agent.prompt.prompt, /Still open/)
})

t.test('pending facts are approved and rejected by the operator', async (t) => {
  const cat = { ...dog, text: 'Has a cat called Tom', confidence: 0.2 }
  const { app, report } = await learningBridge(
    t,
    () => ({ answer: answer({ operations: [{ ...dog, confidence: 0.2 }, cat] }) })
  )
  await report(saying('A: Pets?', 'U: A dog called Rex, a cat called Tom.'))
  const { facts: [first, second] } = await recordWhen(app, isLearnt)
  const prompt = async (id: string) => (await ring(
    app,
    { conversation_id: id }
  )).json().conversation_config_override.agent.prompt.prompt
  t.notMatch(await prompt('conv_2'), /Rex|Tom/)
  t.match((await ask(app, 'GET', '/callers')).body.callers, [{ total_facts: 0, pending_facts: 2 }])

  t.match(await ask(app, 'POST', `/memory/${DANA_HASH}/facts/${first?.id}/approve`), { status: 200, body: { text: 'Has a dog called Rex' } })
  t.match(await ask(app, 'POST', `/memory/${DANA_HASH}/facts/${second?.id}/reject`), { status: 200, body: { state: 'rejected' } })

  t.match(await prompt('conv_3'), /Rex/)
  t.notMatch(await prompt('conv_4'), /Tom/)
  t.match(await ask(app, 'POST', `/memory/${DANA_HASH}/facts/${first?.id}/reject`), { status: 409, body: { code: 'BRIDGE_FACT_NOT_PENDING' } })
})

t.test('what a fact was before can be read', async (t) => {
  const { app, report, clock } = await learningBridge(t, (_request, n) => ({
    answer: answer({ operations: n === 0 ? [{ ...dog, text: 'Lives in Boston', turns: [1] }] : [{ ...dog, op: 'update', fact_id: previous, text: 'Lives in Denver', turns: [1] }] })
  }))
  let previous = ''
  await report(saying('U: I live in Boston.'))
  previous = (await recordWhen(app, isLearnt)).facts[0]!.id
  clock.pass(3600)
  await report((data) => { saying('U: I live in Denver now.')(data); data.conversation_id = 'conv_2'; data.metadata.phone_call.call_sid = 'CA2'; data.metadata.start_time_unix_secs += 3000 })
  await recordWhen(app, (record) => record.facts.length === 2 && isLearnt(record))

  const { status, body } = await ask(app, 'GET', `/memory/${DANA_HASH}/facts/${previous}/history`)
  t.equal(status, 200)
  t.match(body.facts, [{ text: 'Lives in Boston', superseded_by: body.facts[1].id, ended_at: clock.now().toISOString() }, { text: 'Lives in Denver', superseded_by: null }])
})
