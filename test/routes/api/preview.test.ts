import { createHash } from 'node:crypto'
import t from 'tap'
import { startCall } from '../../../src/calls/call-start.ts'
import { filesUnder } from '../../stored.ts'
import { NOW, operator } from './client.ts'

const NUMBER = '+15550100123'
const HASH = createHash('sha256').update(NUMBER).digest('hex')
const PROMPT = 'You answer the phone.'

/** The files of the data, without what the sweep after the start notes down for itself meanwhile. */
async function dataFiles (folder: string) {
  return [...await filesUnder(folder)].filter(([name]) => !name.startsWith('sweep.json')).map(([name, bytes]) => [name, bytes.toString()])
}

t.test('POST /api/preview', async (t) => {
  t.test('of a known caller is the answer that the next call gets, with why each line is in it', async (t) => {
    const { app, ask } = await operator(t)
    const { body: { fact_id: id } } = await ask('POST', `/memory/${HASH}`, { fact: 'Has a dog', pinned: true })
    await ask('PATCH', `/memory/${HASH}`, { caller_name: 'Dana' })
    const { body: { id: noteId } } = await ask('POST', '/notes', { note: 'Closed at noon' })

    const { status, body } = await ask('POST', '/preview', { phone_hash: HASH })
    const { response: answer } = await startCall(app, { agent_id: 'agent_0001', caller_id: NUMBER })

    t.equal(status, 200)
    t.match(body.answer.conversation_config_override.agent.prompt.prompt, /Has a dog/)
    t.equal(body.answer.dynamic_variables.secret__caller_token, 'made when a call starts', 'which opens nothing')
    answer.dynamic_variables.secret__caller_token = 'made when a call starts'
    t.strictSame(body, {
      caller: 'known',
      answer,
      told: [
        { text: 'The caller is Dana. This is call number 1.', section: 'caller', why: 'caller', reason: 'Who is calling', id: `name-${NOW}` },
        { text: 'Has a dog', section: 'facts', why: 'pinned-fact', reason: 'You pinned it. Written by you on 2026-11-22', id },
        { text: '(today) Closed at noon', section: 'notes', why: 'global-note', reason: 'Your note for everybody, of 2026-11-22', id: noteId }
      ],
      left_out: []
    })
  })

  t.test('says that the eleventh note for everybody is left out, and why', async (t) => {
    const { ask } = await operator(t)
    for (let n = 1; n <= 11; n++) await ask('POST', '/notes', { note: `Note number ${n}` })

    const { body } = await ask('POST', '/preview', { phone: NUMBER })

    t.equal(body.told.filter(({ why }: { why: string }) => why === 'global-note').length, 10)
    t.match(body.left_out, [{ text: '(today) Note number 1', reason: 'Only the 10 newest notes for everybody are told' }])
    t.equal(body.left_out.length, 1)
  })

  t.test('and the call itself say the same with OVERRIDES=none', async (t) => {
    const { app, ask } = await operator(t, { OVERRIDES: 'none' })
    await ask('POST', `/memory/${HASH}`, { fact: 'Has a dog' })
    await ask('POST', '/notes', { note: 'Closed at noon' })
    const { body } = await ask('POST', '/preview', { phone_hash: HASH })

    const { response } = await startCall(app, { agent_id: 'agent_0001', caller_id: NUMBER, conversation_id: 'conv_1' })

    response.dynamic_variables.secret__caller_token = body.answer.dynamic_variables.secret__caller_token
    t.strictSame(body.answer, response)
    t.match(response.dynamic_variables, { caller_memory: /Has a dog/, context_notes: /Closed at noon/ })
    const told = await ask('GET', `/memory/${HASH}/calls/conv_1/told`)
    t.match(told, { status: 200, body: { number: 1, told: [{ kind: 'fact', text: 'Has a dog' }, { kind: 'global-note', text: 'Closed at noon' }] } })

    for (const { id } of (await ask('GET', '/notes')).body.notes) await ask('DELETE', `/notes/${id}`)
    t.match((await ask('GET', `/memory/${HASH}/calls/1/told`)).body.told[1], { kind: null, text: 'deleted on 2026-11-22', deleted_at: NOW })
    t.match(await ask('GET', `/memory/${HASH}/calls/2/told`), { status: 404, body: { code: 'BRIDGE_CALL_UNKNOWN' } })
  })

  t.test('by number is the same as by phone hash', async (t) => {
    const { ask } = await operator(t)
    await ask('POST', `/memory/${HASH}`, { fact: 'Has a dog' })
    t.strictSame(await ask('POST', '/preview', { phone: NUMBER }), await ask('POST', '/preview', { phone_hash: HASH }))
  })

  t.test('changes nothing on the disk and counts no call', async (t) => {
    const { app, ask } = await operator(t)
    await ask('POST', `/memory/${HASH}`, { fact: 'Has a dog' })
    const before = await dataFiles(app.config.DATA_DIR)

    for (const body of [{ phone_hash: HASH }, { phone: NUMBER }, { phone: '+15550100199' }, { phone: 'anonymous' }]) await ask('POST', '/preview', body)

    t.strictSame(await dataFiles(app.config.DATA_DIR), before)
    t.match(before.flat().join('\n'), /Has a dog/)
    t.match((await ask('GET', `/memory/${HASH}`)).body, { call_count: 0, calls: [] })
    t.notMatch(JSON.stringify(app.lines), /5550100/)
  })

  t.test('of a new caller counts from 1 and tells the global notes', async (t) => {
    const { ask } = await operator(t)
    await ask('POST', '/notes', { note: 'Closed at noon' })
    t.match(await ask('POST', '/preview', { phone: NUMBER }), {
      status: 200,
      body: { caller: 'new', answer: { dynamic_variables: { call_count: '1', is_returning: 'false' } }, told: [{ why: 'caller' }, { why: 'global-note' }] }
    })
  })

  t.test('of somebody who opted out, and of nobody, is the neutral answer', async (t) => {
    const { ask } = await operator(t, { OWN_NUMBERS: '+15550100001' })
    await ask('PATCH', `/memory/${HASH}`, { remember: false })
    await ask('POST', '/notes', { note: 'Closed at noon' })
    const cases: Array<[body: object, caller: string]> = [
      [{ phone: NUMBER }, 'opted-out'], [{ phone_hash: HASH }, 'opted-out'], [{ phone: 'anonymous' }, 'no-number'], [{ phone: 'client:dana' }, 'no-number'],
      [{ phone: '' }, 'no-number'], [{ phone: '+15550100001' }, 'no-number']
    ]
    for (const [body, caller] of cases) {
      const { status, body: preview } = await ask('POST', '/preview', body)
      t.equal(status, 200)
      t.strictSame([preview.caller, preview.told, preview.left_out], [caller, [], []], JSON.stringify(body))
      t.match(preview, { answer: { dynamic_variables: { caller_name: 'there', caller_memory: 'nothing on file yet' } } })
      t.equal(preview.answer.conversation_config_override.agent.prompt.prompt, PROMPT)
    }
  })

  t.test('says what found no room', async (t) => {
    const { ask } = await operator(t, { MEMORY_MAX_CHARS: '330' })
    await ask('POST', `/memory/${HASH}`, { fact: 'Has a dog', pinned: true })
    await ask('POST', `/memory/${HASH}`, { fact: `Told ${'at length '.repeat(20)}` })

    const { body } = await ask('POST', '/preview', { phone_hash: HASH })

    t.match(body.told, [{ why: 'caller' }, { why: 'pinned-fact' }])
    t.match(body.left_out, [{ why: 'fact', section: 'facts', text: /at length/ }])
    t.equal(body.left_out.length, 1)
  })

  t.test('does not tell what expired', async (t) => {
    const { ask } = await operator(t)
    await ask('POST', `/memory/${HASH}`, { fact: 'Has a dog', expires_at: NOW })

    const { body } = await ask('POST', '/preview', { phone_hash: HASH })

    t.strictSame([body.told.map(({ why }: { why: string }) => why), body.left_out], [['caller'], []])
  })

  t.test('wants either phone or phone_hash', async (t) => {
    const { ask } = await operator(t)
    for (const body of [
      {},
      { phone: NUMBER, phone_hash: HASH },
      { number: NUMBER },
      { phone_hash: NUMBER },
      { phone: 5 }
    ]) {
      t.match(await ask('POST', '/preview', body), { status: 400, body: { code: 'BRIDGE_REQUEST_INVALID', message: /phone/ } }, JSON.stringify(body))
    }
    t.match((await ask('POST', '/preview', { phone_hash: NUMBER })).body.message, /64 lower-case hex digits\. POST \/api\/callers\/lookup/)
  })
})
