import { readFile } from 'node:fs/promises'
import t from 'tap'
import { hashPhone } from '../../../src/phone/phone-hash.ts'
import { DANA, DANA_HASH, OURS, callerFiles, postCall, recordPath, ring, testClock, transcription, type Json } from '../../fixtures/webhooks.ts'
import { build } from '../../helper.ts'

const OTHER = '+15550100777'
/** Of the fixture. */
const CONVERSATION = 'conv_0001syntheticexample0001'
const SID = 'CA00000000000000000000000000000001'
type Ring = { caller_id: string, called_number: string }
const fileOf = (number: string) => `${hashPhone(number)}.json`
const variables = (data: Json) => data.conversation_initiation_client_data.dynamic_variables

t.test('the person of a post-call', async (t) => {
  const cases: Array<[string, (data: Json) => void, string[]]> = [
    ['is external_number, whatever the system variables say', (data) => { variables(data).system__caller_id = OTHER }, [fileOf(DANA)]],
    ['is external_number on an outbound call', (data) => {
      data.metadata.phone_call.direction = 'outbound'
      Object.assign(variables(data), { system__caller_id: OURS, system__called_number: DANA })
    }, [fileOf(DANA)]],
    ['is nobody when external_number is withheld, whatever the system variables say', (data) => { data.metadata.phone_call.external_number = 'anonymous' }, []],
    ['is nobody when the number is a sentinel', (data) => { data.metadata.phone_call.external_number = '+17378742833' }, []],
    ['is nobody for a SIP address', (data) => { data.metadata.phone_call.external_number = `sip:${DANA}@10.0.0.1` }, []],
    ['is nobody when nothing names a number', (data) => {
      data.metadata.phone_call = null
      data.conversation_initiation_client_data = null
    }, []],
    ['is nobody when the number is our own', (data) => { data.metadata.phone_call.external_number = OURS }, []]
  ]
  for (const [says, change, files] of cases) {
    t.test(says, async (t) => {
      const clock = testClock()
      const app = await build(t, {}, { now: clock.now })

      const res = await postCall(app, await transcription(change), clock.now())

      t.equal(res.statusCode, 200)
      t.equal(res.json().outcome, files.length === 0 ? 'no-number' : 'added')
      t.strictSame(await callerFiles(app), files)
    })
  }

  const withoutNumber: Array<[string, Ring, (data: Json) => void]> = [
    ['is system__caller_id without external_number', { caller_id: OTHER, called_number: OURS }, (data) => {
      delete data.metadata.phone_call.external_number
      Object.assign(variables(data), { system__caller_id: OTHER, system__called_number: OURS })
    }],
    ['is system__called_number on an outbound call without external_number', { caller_id: OURS, called_number: OTHER }, (data) => {
      Object.assign(data.metadata.phone_call, { direction: 'outbound', external_number: null })
      Object.assign(variables(data), { system__caller_id: OURS, system__called_number: OTHER })
    }],
    ['is system__caller_id without phone_call', { caller_id: OTHER, called_number: OURS }, (data) => {
      data.metadata.phone_call = null
      variables(data).system__caller_id = OTHER
    }]
  ]
  for (const [says, numbers, change] of withoutNumber) {
    t.test(`${says}, when a ring of the same conversation gave that number`, async (t) => {
      const clock = testClock()
      const app = await build(t, { OWN_NUMBERS: OURS }, { now: clock.now })
      await ring(app, { ...numbers, conversation_id: CONVERSATION })

      const res = await postCall(app, await transcription(change), clock.now())
      const again = await postCall(app, await transcription(change), clock.now())

      t.strictSame([res.json(), again.json()], [{ status: 'ok', outcome: 'closed' }, { status: 'ok', outcome: 'repeated' }])
      t.strictSame(await callerFiles(app), [fileOf(OTHER)])
      t.match(JSON.parse(await readFile(recordPath(app, hashPhone(OTHER)), 'utf8')), { call_count: 1, calls: [{ summary: 'Caller changed a delivery preference.' }] })
    })

    t.test(`${says}, and nothing is stored when no ring gave it`, async (t) => {
      const clock = testClock()
      const app = await build(t, { OWN_NUMBERS: OURS, LEARN_FROM_TRANSCRIPT: 'true' }, { now: clock.now })
      // Another conversation, another caller in this one, and the same call SID.
      await ring(app, { ...numbers, conversation_id: 'conv_2', call_sid: SID })
      await ring(app, { caller_id: DANA, called_number: OURS, conversation_id: CONVERSATION })
      const before = await app.store.load(hashPhone(OTHER))

      const res = await postCall(app, await transcription(change), clock.now())

      t.equal(res.statusCode, 200)
      t.strictSame(res.json(), { status: 'ok', outcome: 'no-ring' })
      t.strictSame(await app.store.load(hashPhone(OTHER)), before)
      t.match(app.lines.at(-1), { level: 30, msg: 'call end', outcome: 'no-ring', caller: hashPhone(OTHER).slice(0, 8) })
    })
  }

  t.test('is believed by the variables also when the call was folded since', async (t) => {
    const clock = testClock()
    const app = await build(t, {}, { now: clock.now })
    await ring(app, { conversation_id: CONVERSATION })
    for (let n = 0; n < 25; n++) await ring(app, { conversation_id: `conv_${n}` })

    const res = await postCall(app, await transcription((data) => { data.metadata.phone_call = null }), clock.now())

    t.strictSame(res.json(), { status: 'ok', outcome: 'repeated' })
  })

  t.test('makes no record of a number that variables alone name', async (t) => {
    const clock = testClock()
    const app = await build(t, {}, { now: clock.now })
    for (const conversationId of [CONVERSATION, null]) {
      const res = await postCall(app, await transcription((data) => {
        data.metadata.phone_call = null
        data.conversation_id = conversationId
      }), clock.now())
      t.strictSame(res.json(), { status: 'ok', outcome: 'no-ring' })
    }
    t.strictSame(await callerFiles(app), [])
  })

  t.test('is logged by the hash alone, and nobody in one line', async (t) => {
    const clock = testClock()
    const app = await build(t, {}, { now: clock.now })
    const before = app.lines.length

    await postCall(app, await transcription((data) => { data.metadata.phone_call.external_number = 'anonymous' }), clock.now())
    await postCall(app, await transcription(), clock.now())

    t.match(app.lines.slice(before), [
      { level: 30, msg: 'call end', outcome: 'no-number' }, { level: 30, msg: 'call end', outcome: 'added', caller: DANA_HASH.slice(0, 8) }
    ])
    t.equal(app.lines.length, before + 2)
  })
})

t.test('the agent_number of a post-call', async (t) => {
  t.test('is ours from then on when the post-call was signed: the next ring from it is outbound', async (t) => {
    const clock = testClock()
    const app = await build(t, {}, { now: clock.now })
    await postCall(app, await transcription(), clock.now())

    const res = await ring(app, { caller_id: OURS, called_number: DANA, conversation_id: 'conv_2' })

    t.equal(res.json().dynamic_variables.call_count, '2')
    await app.close()
    t.strictSame(await callerFiles(app), [fileOf(DANA)])
    t.match(JSON.parse(await readFile(recordPath(app), 'utf8')).calls[1], { direction: 'outbound' })
    t.notMatch(await readFile(`${app.config.DATA_DIR}/own-numbers.json`, 'utf8'), /5550100001/, 'kept as a hash')
  })

  t.test('stays ours after a restart', async (t) => {
    const clock = testClock()
    const app = await build(t, {}, { now: clock.now })
    await postCall(app, await transcription(), clock.now())
    await app.close()

    await t.test('of the bridge', async (t) => {
      const restarted = await build(t, { DATA_DIR: app.config.DATA_DIR }, { now: clock.now })

      const res = await ring(restarted, { caller_id: OURS, called_number: DANA, conversation_id: 'conv_2' })

      t.equal(res.json().dynamic_variables.call_count, '2')
    })
  })

  t.test('is not believed when the post-call was not signed', async (t) => {
    const clock = testClock()
    const app = await build(t, { WEBHOOK_SECRET: '' }, { now: clock.now })
    const forged = await transcription((data) => {
      Object.assign(data.metadata.phone_call, { agent_number: DANA, external_number: OTHER })
    })

    const accepted = await postCall(app, forged, clock.now())
    const res = await ring(app, { caller_id: DANA, called_number: OTHER })

    t.equal(accepted.statusCode, 200)
    t.equal(await app.store.loadDocument('own-numbers'), null)
    t.equal(res.json().dynamic_variables.call_count, '1', 'Dana is still the caller')
  })

  t.test('is reported when somebody is stored under it, and never told again', async (t) => {
    const clock = testClock()
    const app = await build(t, {}, { now: clock.now })
    await ring(app, { caller_id: OURS, called_number: 'anonymous' })

    await postCall(app, await transcription(), clock.now())
    const res = await ring(app, { caller_id: OURS, called_number: OURS })

    t.match(app.lines.filter((line) => line['level'] === 40).at(-1), { caller: hashPhone(OURS).slice(0, 8), msg: /our own numbers/ })
    t.equal(res.json().conversation_config_override.agent.prompt.prompt, 'You answer the phone.')
  })
})
