import { readFile, stat } from 'node:fs/promises'
import t from 'tap'
import { StorageUnavailable } from '../../../src/errors.ts'
import { DANA_HASH, brokenStore, callerFiles, initiationFailure, postCall, recordPath, ring, testClock, transcription } from '../../fixtures/webhooks.ts'
import { build } from '../../helper.ts'

t.test('POST /webhook/post-call', async (t) => {
  t.test('closes the call that rang', async (t) => {
    const clock = testClock('2026-10-18T09:19:58.000Z')
    const app = await build(t, {}, { now: clock.now })
    await ring(app, { conversation_id: 'conv_0001syntheticexample0001' })
    clock.pass(66)

    const res = await postCall(app, await transcription(), clock.now())

    t.equal(res.statusCode, 200)
    t.strictSame(res.json(), { status: 'ok', outcome: 'closed' })
    const record = JSON.parse(await readFile(recordPath(app), 'utf8'))
    t.match(record, { call_count: 1, first_seen: '2026-10-18T09:19:58.000Z', last_seen: '2026-10-18T09:19:58.000Z' })
    t.strictSame(record.calls, [{
      number: 1,
      conversation_id: 'conv_0001syntheticexample0001',
      call_sid: 'CA00000000000000000000000000000001',
      direction: 'inbound',
      started_at: '2026-10-18T09:19:58.000Z',
      ended_at: '2026-10-18T09:20:42.000Z',
      duration_secs: 42,
      status: 'done',
      failure_reason: null,
      title: 'Delivery preference',
      summary: 'Caller changed a delivery preference.',
      outcome: 'success',
      evaluation: [{ criteria_id: 'resolved', result: 'success', rationale: 'Request was recorded.' }]
    }], 'on disk once it is acknowledged')
  })

  t.test('records a call whose ring was never seen', async (t) => {
    const clock = testClock('2026-10-18T09:21:04.000Z')
    const app = await build(t, {}, { now: clock.now })

    const res = await postCall(app, await transcription(), clock.now())

    t.strictSame(res.json(), { status: 'ok', outcome: 'added' })
    t.match(JSON.parse(await readFile(recordPath(app), 'utf8')), {
      call_count: 1, first_seen: '2026-10-18T09:20:00.000Z', calls: [{ number: 1, started_at: '2026-10-18T09:20:00.000Z', status: 'done' }]
    })
  })

  t.test('leaves the file byte for byte as it is when it comes again', async (t) => {
    const clock = testClock()
    const app = await build(t, {}, { now: clock.now })
    await ring(app, { conversation_id: 'conv_0001syntheticexample0001' })
    await postCall(app, await transcription(), clock.now())
    const before = { bytes: await readFile(recordPath(app)), ...await stat(recordPath(app)) }

    for (let delivery = 2; delivery < 5; delivery++) {
      clock.pass(120)
      const later = await transcription((data) => { data.analysis.transcript_summary = 'Another summary.' })
      t.strictSame((await postCall(app, later, clock.now())).json(), { status: 'ok', outcome: 'repeated' })
    }

    t.strictSame(await readFile(recordPath(app)), before.bytes)
    t.equal((await stat(recordPath(app))).ino, before.ino, 'it is not even written again')
  })

  t.test('takes an event in once when it comes many times at once', async (t) => {
    const clock = testClock()
    const app = await build(t, {}, { now: clock.now })
    const event = await transcription()

    const answers = await Promise.all(Array.from({ length: 6 }, () => postCall(app, event, clock.now())))

    t.strictSame(answers.map((res) => res.json().outcome).sort(), ['added', ...Array.from({ length: 5 }, () => 'repeated')])
    t.match(await app.store.load(DANA_HASH), { record: { call_count: 1 } })
  })

  t.test('records a call that could not start, as Twilio reports it and as SIP does', async (t) => {
    const clock = testClock('2026-10-18T09:21:41.000Z')
    const app = await build(t, {}, { now: clock.now })

    const twilio = await postCall(app, await initiationFailure(), clock.now())
    const sip = await postCall(app, await initiationFailure((data) => {
      data.conversation_id = 'conv_3'
      data.metadata = { type: 'sip', body: { from_number: '+15550100001', to_number: '+15550100123', sip_status_code: 486, call_sid: 'sip-1', twirp_code: null } }
    }), clock.now())

    t.strictSame([twilio.json().outcome, sip.json().outcome], ['added', 'added'])
    t.match(JSON.parse(await readFile(recordPath(app), 'utf8')).calls, [
      { direction: 'outbound', status: 'failed', failure_reason: 'busy', duration_secs: 0, call_sid: 'CA00000000000000000000000000000002', summary: null },
      { direction: 'outbound', status: 'failed', failure_reason: 'busy', call_sid: 'sip-1' }
    ])
    t.equal((await ring(app)).json().dynamic_variables.is_returning, 'false', 'nobody spoke')
  })

  t.test('acknowledges types that it does not know, and events that say nothing', async (t) => {
    const clock = testClock()
    const app = await build(t, {}, { now: clock.now })

    for (const event of [
      { ...await transcription(), type: 'answering_machine_detection' }, { ...await transcription(), type: 'unredacted_transcript' },
      { ...await transcription(), type: null }, {}, { type: 7, data: [] }
    ]) {
      const res = await postCall(app, event, clock.now())
      t.equal(res.statusCode, 200)
      t.strictSame(res.json(), { status: 'ok', outcome: 'ignored' })
    }
    t.strictSame(await callerFiles(app), [])
  })

  t.test('acknowledges the event of an agent that is not ours, and stores nothing', async (t) => {
    const clock = testClock()
    const app = await build(t, {}, { now: clock.now })

    for (const agentId of ['agent_of_somebody_else', '', null, undefined, 7]) {
      for (const event of [
        await transcription((data) => { data.agent_id = agentId }),
        await initiationFailure((data) => { data.agent_id = agentId })
      ]) {
        const res = await postCall(app, event, clock.now())
        t.equal(res.statusCode, 200)
        t.strictSame(res.json(), { status: 'ok', outcome: 'foreign-agent' })
      }
    }
    t.strictSame(await callerFiles(app), [])
    t.equal(await app.store.loadDocument('own-numbers'), null, 'nor are its numbers ours')
  })

  t.test('answers 503 with Retry-After when the store fails', async (t) => {
    const clock = testClock()
    const app = await build(
      t,
      {},
      { now: clock.now, store: brokenStore(async () => { throw new StorageUnavailable() }) }
    )

    for (const event of [await transcription(), await initiationFailure()]) {
      const res = await postCall(app, event, clock.now())
      t.equal(res.statusCode, 503)
      t.match(res.headers['retry-after'], /^[1-9]\d*$/)
      t.match(res.json(), { statusCode: 503, code: 'BRIDGE_STORAGE_UNAVAILABLE' })
    }
  })

  t.test('is not acknowledged when the call cannot be written, and can come again', async (t) => {
    const clock = testClock()
    const app = await build(t, {}, { now: clock.now })
    const broken = t.intercept(app.store, 'update', { value: async () => { throw new StorageUnavailable() } })
    const failed = await postCall(app, await transcription(), clock.now())
    broken.restore()

    const again = await postCall(app, await transcription(), clock.now())

    t.equal(failed.statusCode, 503)
    t.strictSame(again.json(), { status: 'ok', outcome: 'added' })
  })

  t.test('masks the caller\'s number in everything it stores, and leaves others', async (t) => {
    const clock = testClock()
    const app = await build(t, {}, { now: clock.now })
    const event = await transcription((data) => {
      data.analysis.call_summary_title = 'Call back 555-010-0123'
      data.analysis.transcript_summary = 'Dana (+1 555 010 0123) asked to be called at 5550100123; her sister has +1 555 010 0199.'
      data.metadata.error = { code: 1, reason: 'no route to +15550100123' }
    })

    await postCall(app, event, clock.now())

    const stored = await readFile(recordPath(app), 'utf8')
    t.match(JSON.parse(stored).calls[0], {
      title: 'Call back [number]',
      summary: 'Dana ([number]) asked to be called at [number]; her sister has +1 555 010 0199.',
      failure_reason: 'no route to [number]'
    })
    t.notMatch(stored, /010.?0123/)
    t.notMatch(JSON.stringify(app.lines), /5550100123/)
  })

  t.test('masks a number that stands where the summary is cut', async (t) => {
    const clock = testClock()
    const app = await build(t, {}, { now: clock.now })
    const event = await transcription((data) => {
      data.analysis.transcript_summary = `${'x'.repeat(3989)} +15550100123 and more`
      data.analysis.call_summary_title = `${'x'.repeat(189)} +15550100123`
    })

    await postCall(app, event, clock.now())

    const { summary, title } = JSON.parse(await readFile(recordPath(app), 'utf8')).calls[0]
    t.match(summary, /x \[number\] a$/)
    t.equal(summary.length, 4000)
    t.match(title, /x \[number\]$/)
  })
})
