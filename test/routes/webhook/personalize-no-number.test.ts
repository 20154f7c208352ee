import { readFile } from 'node:fs/promises'
import t from 'tap'
import { DANA, DANA_HASH, callerFiles, neutral, recordPath, ring, withoutToken } from '../../fixtures/webhooks.ts'
import { ADMIN_KEY, build } from '../../helper.ts'

/** Every kind of caller id that is no phone number, with what the log calls it. */
const NOBODIES: Array<[unknown, string]> = [
  ['+266696687', 'withheld'], ['+7378742833', 'withheld'], ['+2562533', 'withheld'], ['+8656696', 'withheld'], ['+8566696', 'withheld'],
  ['+86282452253', 'withheld'], ['+7748283', 'withheld'], ['+94844353', 'withheld'], ['+464', 'withheld'], ['266696687', 'withheld'],
  ['+17378742833', 'withheld'], ['+1266696687', 'withheld'], ['+49266696687', 'withheld'], ['0086282452253', 'withheld'],
  ['anonymous', 'withheld'], ['ANONYMOUS', 'withheld'], ['RESTRICTED', 'withheld'], ['unknown', 'withheld'], ['unavailable', 'withheld'],
  ['private', 'withheld'], ['blocked', 'withheld'], ['withheld', 'withheld'], ['null', 'withheld'],
  ['', 'missing'], [null, 'missing'], [undefined, 'missing'], [5550100123, 'missing'],
  ['client:alice', 'client'], ['sip:user@host', 'sip'], ['sip:+15551230001@10.0.0.1', 'sip'], ['whatsapp:+4915112345678', 'whatsapp'],
  ['US.1349000000000001', 'unreadable'], ['front desk', 'unreadable'], ['+1555', 'unreadable'], ['+1555123000110001', 'unreadable'], ['+01511234567', 'unreadable']
]

t.test('POST /webhook/personalize for somebody without a real number', async (t) => {
  t.test('answers neutrally and stores nothing', async (t) => {
    const app = await build(t, { DEFAULT_COUNTRY: 'DE' })

    for (const [callerId, kind] of NOBODIES) {
      const res = await ring(app, { caller_id: callerId, called_number: DANA })

      const { user_id: sessionId } = res.json()
      t.strictSame(withoutToken(res.json()), neutral(sessionId), JSON.stringify(callerId))
      t.match(app.lines.findLast((line) => line['msg'] === 'call start'), { outcome: `no-number-${kind}` }, `${JSON.stringify(callerId)} is ${kind}`)
    }
    await app.close()
    t.strictSame(await callerFiles(app), [])
  })

  t.test('logs no number that an id carries, whoever is said to call', async (t) => {
    const app = await build(t, { OWN_NUMBERS: '+15550100001' })
    for (const callerId of ['sip:+15550100123@10.0.0.1', 'client:+15550100123', 'anonymous', '', null, 'sip:5550100123@host']) {
      await ring(app, { caller_id: callerId, called_number: '+15550100001', call_sid: 'sip-+15550100123-00155501001231' })
      await ring(app, { caller_id: '+15550100001', called_number: callerId, call_sid: '5550100123@10.0.0.1' })
    }

    t.equal(app.lines.filter(({ msg }) => msg === 'call start').length, 12)
    t.notMatch(JSON.stringify(app.lines), /5550100123/)
  })

  t.test('takes a national number for nobody without DEFAULT_COUNTRY, and for a caller with it', async (t) => {
    for (const [env, callerId, files] of [
      [{}, '0151 12345678', []], [{}, '5550100123', []], [{ DEFAULT_COUNTRY: 'US' }, '(555) 010-0123', [`${DANA_HASH}.json`]]
    ] as const) {
      const app = await build(t, env)
      await ring(app, { caller_id: callerId })
      await app.close()
      t.strictSame(await callerFiles(app), files)
    }
  })

  t.test('gives one session id a conversation', async (t) => {
    const app = await build(t)
    const sessionOf = async (fields: object) => (await ring(app, { caller_id: 'anonymous', ...fields })).json().user_id

    const first = await sessionOf({ conversation_id: 'conv_1', call_sid: 'CA1' })

    t.equal(await sessionOf({ conversation_id: 'conv_1' }), first)
    t.not(await sessionOf({ conversation_id: 'conv_2', call_sid: 'CA1' }), first)
    t.equal(await sessionOf({ call_sid: 'CA9' }), await sessionOf({ call_sid: 'CA9', conversation_id: '' }))
    t.not(await sessionOf({}), await sessionOf({}), 'with neither id each request is a call')
  })
})

t.test('POST /webhook/personalize for somebody who opted out', async (t) => {
  t.test('answers neutrally, one session id a conversation, and stores nothing', async (t) => {
    const app = await build(t)
    const before = await ring(app, { conversation_id: 'conv_0' })
    const headers = { authorization: `Bearer ${ADMIN_KEY}` }
    await app.inject({ method: 'PATCH', url: `/api/memory/${DANA_HASH}`, headers, payload: { remember: false } })

    const [first, again, next] = [
      await ring(app, { conversation_id: 'conv_1' }), await ring(app, { conversation_id: 'conv_1' }), await ring(app, { conversation_id: 'conv_2' })
    ]

    t.strictSame(withoutToken(first.json()), {
      type: 'conversation_initiation_client_data',
      dynamic_variables: {
        caller_name: 'there',
        session_id: first.json().user_id,
        call_count: '1',
        is_returning: 'false',
        last_call_summary: 'none on file',
        caller_memory: 'nothing on file yet',
        context_notes: 'no notes',
        open_items: 'nothing open'
      },
      user_id: first.json().user_id,
      conversation_config_override: {
        agent: { prompt: { prompt: 'You answer the phone.' }, first_message: 'Hello there, how can I help?' }
      }
    })
    t.strictSame(withoutToken(again.json()), withoutToken(first.json()))
    t.not(next.json().user_id, first.json().user_id)
    t.not(first.json().user_id, before.json().user_id)
    await app.close()
    t.strictSame(JSON.parse(await readFile(recordPath(app), 'utf8')), { phone_hash: DANA_HASH, remember: false })
  })
})
