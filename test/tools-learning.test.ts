/** A call with tools, its end, and a model that would undo what they did. */
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { activeRecord } from '../src/caller/caller.ts'
import { DANA_HASH, postCall, testClock, transcription, type Json } from './fixtures/webhooks.ts'
import { fakeElevenLabs } from './fake-elevenlabs.ts'
import { build } from './helper.ts'
import { callOf } from './routes/tools/client.ts'
import { startModel } from './scripted-model.ts'

t.test('a model hears nothing of what was forgotten, and stores nothing twice', async (t) => {
  const operation = (text: string) => ({ op: 'add', fact_id: null, text, category: 'other', confidence: 0.9, turns: [1, 2, 3, 4, 5] })
  const model = await startModel(t, () => ({
    answer: { operations: ['Is allergic to peanuts', 'Parcels go to the neighbour', 'Likes opera'].map(operation), caller_name: null, language: null, open_items: [] }
  }))
  const clock = testClock()
  const app = await build(t, { LEARN_FROM_TRANSCRIPT: 'true', OPENCLAW_API_BASE_URL: model.url }, { now: clock.now })
  await app.ready()
  const dana = await callOf(app, 'conv_0001syntheticexample0001')
  await dana.remember('Is allergic to peanuts')
  await dana.remember('Parcels always go to the neighbour')
  await dana.forget('peanuts')
  clock.pass(64)
  await postCall(app, await transcription((data) => {
    data.analysis.data_collection_results = {}
    data.transcript = ['I am allergic to peanuts.', 'My parcels always go to the neighbour.', 'Forget the peanuts.', 'I like opera.', 'Bye.'].map((message) => ({ role: 'user', message }))
  }), clock.now())
  let record = activeRecord(await app.store.load(DANA_HASH))
  while (record?.calls[0]?.learnt_at == null) {
    await sleep(20)
    record = activeRecord(await app.store.load(DANA_HASH))
  }

  t.strictSame(record.facts.map(({ text, source }) => [text, source]), [['Parcels always go to the neighbour', 'tool'], ['Likes opera', 'call']])
  t.equal(model.requests.length, 1)
  const asked = JSON.stringify(model.requests[0]!.body).split('BEGIN DATA').at(-1)
  t.match(asked, /I like opera/)
  t.notMatch(asked, /peanut/)
})

t.test('nor does it when the transcript is fetched again', async (t) => {
  const ID = 'conv_0001syntheticexample0001'
  const saying = (data: Json) => {
    data.analysis.data_collection_results = {}
    data.transcript = ['I am allergic to peanuts.', 'I like opera.'].map((message) => ({ role: 'user', message }))
  }
  const elevenLabs = await fakeElevenLabs(t, [{ id: ID, startedAt: 1_792_315_200, change: saying }])
  const nothing = { operations: [], caller_name: null, language: null, open_items: [] }
  const model = await startModel(t, (_request, index) => index === 0 ? { status: 401 } : { answer: nothing })
  const clock = testClock()
  const app = await build(t, { LEARN_FROM_TRANSCRIPT: 'true', OPENCLAW_API_BASE_URL: model.url, ELEVENLABS_API_BASE_URL: elevenLabs.url }, { now: clock.now })
  await app.ready()
  const dana = await callOf(app, ID)
  await dana.remember('Is allergic to peanuts')
  await dana.forget('peanuts')
  clock.pass(64)
  await postCall(app, await transcription(saying), clock.now())
  const job = async () => activeRecord(await app.store.load(DANA_HASH))?.jobs?.[0]
  while ((await job())?.tries !== 1) await sleep(20)

  await app.store.update(DANA_HASH, (caller) => {
    const record = activeRecord(caller)!
    const jobs = record.jobs!.map((each) => ({ ...each, turns: null }))
    return { caller: { ...caller, record: { ...record, jobs } }, result: undefined }
  })
  clock.pass(30)
  app.learning.wake()
  while (await job() !== undefined) await sleep(20)

  const asked = JSON.stringify(model.requests.at(-1)!.body).split('BEGIN DATA').at(-1)
  t.match(elevenLabs.asked, [`get ${ID}`])
  t.match(asked, /I like opera/)
  t.notMatch(asked, /peanut/)
})
