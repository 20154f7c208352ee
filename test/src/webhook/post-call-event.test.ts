import fc from 'fast-check'
import t from 'tap'
import { MAX_SPOKEN_CHARS, maskedTurns, readPostCallEvent } from '../../../src/webhook/post-call-event.ts'
import { initiationFailure, transcription, type Json } from '../../fixtures/webhooks.ts'
import { AGENT } from '../../helper.ts'
import { runs } from '../../long.ts'

t.test('a transcription', async (t) => {
  t.test('tells whose call it was, when, and how it went', async (t) => {
    t.strictSame(readPostCallEvent(await transcription()), {
      agentId: AGENT,
      conversationId: 'conv_0001syntheticexample0001',
      callSid: 'CA00000000000000000000000000000001',
      direction: 'inbound',
      callerNumber: '+15550100123',
      calledNumber: '+15550100001',
      hasNumbersFromVariables: false,
      agentNumber: '+15550100001',
      startedAtSeconds: 1792315200,
      durationSecs: 42,
      status: 'done',
      failureReason: null,
      title: 'Delivery preference',
      summary: 'Caller changed a delivery preference.',
      outcome: 'success',
      evaluation: [{ criteria_id: 'resolved', result: 'success', rationale: 'Request was recorded.' }],
      collected: [{ id: 'delivery_pref', value: 'neighbour', isText: true, rationale: 'Stated directly.' }],
      turns: [
        { role: 'agent', text: 'Welcome back, Dana. Is this about the Thursday delivery?' },
        { role: 'user', text: 'Yes. Please leave it with the neighbour from now on.' }
      ]
    })
  })

  t.test('takes from the transcript what was said, and no more', async (t) => {
    const event = await transcription((data) => {
      data.transcript = [
        { role: 'user', message: ' Hello ' }, { role: 'agent', message: null, tool_calls: [{}] }, { role: 'user', message: 'mhm', ignored_as_backchannel: true },
        { role: 'system', message: 'no' }, { role: 'user', message: 7 }, null, 'text', { role: 'user', message: '\ud800' }
      ]
    })
    t.strictSame(readPostCallEvent(event)?.turns, [{ role: 'user', text: 'Hello' }, { role: 'user', text: '\ufffd' }])
  })

  t.test('reads what was collected, as a map or as a list, and spells it out', async (t) => {
    const results = { yes: { value: true }, none: { value: null }, empty: { value: ' ' }, number: { value: 3 }, list: { value: ['a', 2, ['deep'], {}] }, object: { value: {} }, odd: 'no object' }
    const event = await transcription((data) => { data.analysis.data_collection_results = results })
    const listed = await transcription((data) => {
      delete data.analysis.data_collection_results
      data.analysis.data_collection_results_list = [{ data_collection_id: 'yes', value: 'sure' }, { value: 'nameless' }, 7]
    })
    t.strictSame(readPostCallEvent(event)?.collected.map(({ id, value }) => [id, value]), [['yes', 'yes'], ['number', '3'], ['list', 'a, 2']])
    t.strictSame(readPostCallEvent(listed)?.collected, [{ id: 'yes', value: 'sure', isText: true, rationale: null }])
  })

  const sides = [
    ['takes external_number for the person', () => {},
      { direction: 'inbound', callerNumber: '+15550100123', calledNumber: '+15550100001' }],
    ['takes it for the person also when they were called', (data: Json) => { data.metadata.phone_call.direction = 'outbound' },
      { direction: 'outbound', callerNumber: '+15550100001', calledNumber: '+15550100123' }],
    ['takes a direction that is not told for inbound', (data: Json) => { data.metadata.phone_call.direction = 'sideways' },
      { direction: 'inbound', callerNumber: '+15550100123', calledNumber: '+15550100001' }],
    ['falls back to the system variables without external_number', (data: Json) => {
      data.metadata.phone_call.external_number = ''
      Object.assign(data.conversation_initiation_client_data.dynamic_variables, { system__caller_id: '+15550100777', system__called_number: '+15550100888' })
    }, { direction: 'inbound', callerNumber: '+15550100777', calledNumber: '+15550100888', hasNumbersFromVariables: true, agentNumber: '+15550100001' }],
    ['leaves the direction open without phone_call', (data: Json) => { data.metadata.phone_call = null },
      { direction: null, callerNumber: '+15550100123', calledNumber: '+15550100001', hasNumbersFromVariables: true, agentNumber: null, callSid: 'CA00000000000000000000000000000001' }]
  ] as const
  for (const [says, change, expected] of sides) {
    t.test(says, async (t) => t.match(readPostCallEvent(await transcription(change)), expected))
  }

  t.test('reckons the start from the event when it is not told', async (t) => {
    const event = await transcription((data) => { delete data.metadata.start_time_unix_secs })

    t.match(readPostCallEvent(event), { startedAtSeconds: 1792315264 - 42 })
  })

  t.test('needs neither analysis nor metadata nor variables', async (t) => {
    const event = await transcription((data) => {
      Object.assign(
        data,
        { analysis: null, metadata: null, conversation_initiation_client_data: null, transcript: null, status: null }
      )
    })

    t.match(readPostCallEvent(event), {
      agentId: AGENT, callerNumber: null, calledNumber: null, agentNumber: null, durationSecs: null, status: 'done', title: null, summary: null
    })
  })

  t.test('says why a call failed', async (t) => {
    const event = await transcription((data) => {
      data.status = 'failed'
      data.metadata.error = { code: 1008, reason: 'Missing required dynamic variables' }
    })

    t.match(readPostCallEvent(event), { status: 'failed', failureReason: 'Missing required dynamic variables' })
    for (const [error, failureReason] of [[{ code: 1006 }, 'error 1006'], [{}, null], [null, null], ['lost', null]] as const) {
      t.match(readPostCallEvent(await transcription((data) => { data.metadata.error = error })), { failureReason })
    }
  })
})

t.test('a call that could not start', async (t) => {
  t.test('is read in Twilio\'s form', async (t) => {
    t.strictSame(readPostCallEvent(await initiationFailure()), {
      agentId: AGENT,
      conversationId: 'conv_0002syntheticexample0002',
      callSid: 'CA00000000000000000000000000000002',
      direction: 'outbound',
      callerNumber: '+15550100001',
      calledNumber: '+15550100123',
      hasNumbersFromVariables: false,
      agentNumber: null,
      startedAtSeconds: 1792315300,
      durationSecs: 0,
      status: 'failed',
      failureReason: 'busy',
      title: null,
      summary: null,
      outcome: null,
      evaluation: [],
      collected: [],
      turns: []
    })
  })

  t.test('is read in SIP\'s form', async (t) => {
    const event = await initiationFailure((data) => {
      data.metadata = {
        type: 'sip',
        body: { from_number: '+15550100001', to_number: '+15550100123', sip_status_code: 486, error_reason: 'busy', call_sid: 'sip-1', twirp_code: null, sip_status: null }
      }
    })

    t.match(readPostCallEvent(event), { direction: 'outbound', callSid: 'sip-1', callerNumber: '+15550100001', calledNumber: '+15550100123' })
  })

  t.test('can be inbound', async (t) => {
    const event = await initiationFailure((data) => { data.metadata.body.Direction = 'inbound' })

    t.match(readPostCallEvent(event), { direction: 'inbound' })
  })
})

t.test('readPostCallEvent', async (t) => {
  t.test('reads no other type', async (t) => {
    for (const type of ['post_call_audio', 'answering_machine_detection', 'POST_CALL_TRANSCRIPTION', '', null, 1, undefined]) {
      t.equal(readPostCallEvent({ ...await transcription(), type }), null, String(type))
    }
  })

  t.test('never throws on any JSON, and numbers are never negative or broken', async () => {
    const data = fc.oneof(fc.jsonValue(), fc.record({
      agent_id: fc.jsonValue(),
      metadata: fc.oneof(fc.jsonValue(), fc.record({
        phone_call: fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom('direction', 'external_number', 'agent_number'), fc.jsonValue())),
        body: fc.dictionary(fc.constantFrom('Direction', 'From', 'To'), fc.jsonValue()),
        call_duration_secs: fc.jsonValue(),
        start_time_unix_secs: fc.jsonValue(),
        error: fc.jsonValue()
      })),
      analysis: fc.jsonValue(),
      conversation_initiation_client_data: fc.jsonValue()
    }))
    fc.assert(fc.property(fc.constantFrom('post_call_transcription', 'call_initiation_failure', 'x'), data, fc.jsonValue(), (type, data, timestamp) => {
      const event = readPostCallEvent({ type, data, event_timestamp: timestamp })
      return event === null ? type === 'x' : event.durationSecs === null || (Number.isInteger(event.durationSecs) && event.durationSecs >= 0)
    }), { numRuns: runs(500) })
  })
})

t.test('the end of a long call is kept, with its turn numbers', async (t) => {
  const turns = maskedTurns(Array.from({ length: 100 }, () => ({ role: 'user' as const, text: 'x'.repeat(1000) })), (text) => text)
  t.strictSame([turns.length, turns[0]?.number, turns.at(-1)?.number], [MAX_SPOKEN_CHARS / 1000, 41, 100])
})

t.test('masked text counts in full: a long call of numbers takes no longer than another', async (t) => {
  let masked = 0
  const spoken = Array.from({ length: 2000 }, () => ({ role: 'user' as const, text: '1 '.repeat(4000) }))
  maskedTurns(spoken, () => {
    masked++
    return '[number]'
  })
  t.equal(masked, 16)
})
