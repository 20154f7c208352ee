import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { TSchema } from '@sinclair/typebox'
import t from 'tap'
import { CallerRecordSchema } from '../../../schemas/caller-record.ts'
import { recordCallStart } from '../../../src/caller/calls.ts'
import { startCall } from '../../../src/calls/call-start.ts'
import { fault, HASH, ID, NOW, operator, SECONDS, SOMETIME } from './client.ts'

const PATH = `/memory/${HASH}`
const UNKNOWN = fault(404, 'Not Found', 'BRIDGE_CALLER_UNKNOWN', 'There is no record of this caller')
const OPTED_OUT = fault(409, 'Conflict', 'BRIDGE_CALLER_OPTED_OUT', 'This caller opted out, so nothing may be stored about them: PATCH {"remember":true} ends that')

const call = { number: 2, conversation_id: 'conv_2', call_sid: 'CA2' }
const VECTOR = `16 ${'m'.repeat(12)} ${'v'.repeat(171)}`

const ended = {
  ...call,
  direction: 'outbound',
  started_at: NOW,
  ended_at: NOW,
  duration_secs: 42,
  status: 'failed',
  failure_reason: 'no-answer',
  title: 'Delivery',
  summary: 'Caller changed a delivery preference.',
  told: ['fact-1'],
  told_words: [{ what: 'name-1', text: 'Dana' }],
  withheld: ['title'],
  outcome: 'success',
  evaluation: [{ criteria_id: 'resolved', result: 'success', rationale: 'Recorded' }],
  learnt_at: NOW,
  transcript: [{ number: 1, role: 'user', text: 'Hello' }],
  vectors: [VECTOR],
  tools: [{ tool: 'recall', at: NOW, ms: 1, outcome: 'found', ids: ['fact-1'], words: 'pets' }],
  forgotten: ['0a1 2b3']
}
const DAY = { valid_from: NOW, valid_until: NOW, said_as: 'today' }
const EVERYTHING = {
  ahead: { time: '2036-11-22T09:30:00.000Z', found_at: '2026-11-22T09:30:00.000Z' },
  version: 1,
  phone_hash: HASH,
  session_id: 'session-1',
  caller_name: 'Dana',
  names: [{ id: 'name-1', text: 'Dana', source: 'operator', created_at: NOW, ended_at: NOW }],
  deleted: [{ id: 'fact-9', at: NOW }],
  language: 'pt-BR',
  learnt_fields: ['caller_name'],
  remember: true,
  created_at: NOW,
  first_seen: NOW,
  last_seen: NOW,
  call_count: 2,
  facts: [{
    id: 'fact-1',
    text: 'Has a dog',
    source: 'call',
    evidence: 'She said so',
    pinned: true,
    created_at: NOW,
    updated_at: NOW,
    expires_at: NOW,
    superseded_by: 'fact-2',
    conversation_id: 'conv_1',
    category: 'person',
    confidence: 0.5,
    label: 'pets',
    confirmed: 2,
    state: 'pending',
    replaces: 'fact-0',
    pending_reason: 'unsure',
    vector: VECTOR,
    ended_at: NOW,
    noted_by: 'form',
    ...DAY
  }],
  open_items: [{ id: 'item-1', text: 'Call back', evidence: 'We call back.', conversation_id: 'conv_1', created_at: NOW, closed_at: NOW, ...DAY, vector: VECTOR }],
  jobs: [{ conversation_id: 'conv_2', state: 'failed', tries: 6, created_at: NOW, due_at: NOW, error: 'no answer', turns: [{ number: 1, role: 'user', text: 'Hello' }] }],
  forget_wishes: [{ at: NOW, conversation_id: 'conv_1', fact_id: 'fact-1' }],
  notes: [{ id: 'note-1', text: 'Waits', created_at: NOW, expires_at: NOW, state: 'pending', pending_reason: 'order', vector: VECTOR }],
  calls: [ended],
  folded_calls: [{ ...call, number: 1 }],
  remarks: ['added by hand']
}

/** Paths of fields that a schema names and a value lacks. */
function missing (schema: TSchema, value: unknown, path = ''): string[] {
  if (schema['type'] === 'array') return (value as unknown[]).length === 0 ? [path] : missing(schema['items'], (value as unknown[])[0], `${path}/0`)
  if (schema['type'] !== 'object') return value === null ? [path] : []
  return Object.entries<TSchema>(schema['properties']).flatMap(([name, each]) => {
    const inner = (value as Record<string, unknown>)[name]
    return inner === undefined ? [`${path}/${name}`] : missing(each, inner, `${path}/${name}`)
  })
}

t.test('GET /api/memory/:phone_hash', async (t) => {
  t.test('is the record itself', async (t) => {
    const { ask } = await operator(t)
    const { body: { fact_id: id } } = await ask('POST', PATH, { fact: 'Has a dog' })

    const { status, body } = await ask('GET', PATH)

    t.equal(status, 200)
    t.match(body.session_id, ID)
    t.strictSame(body, {
      version: 1,
      phone_hash: HASH,
      session_id: body.session_id,
      caller_name: null,
      language: null,
      remember: true,
      created_at: NOW,
      first_seen: null,
      last_seen: null,
      call_count: 0,
      facts: [{
        id, text: 'Has a dog', source: 'operator', evidence: null, pinned: false, created_at: NOW, updated_at: NOW, expires_at: null, superseded_by: null
      }],
      notes: [],
      calls: [],
      folded_calls: []
    })
  })

  t.test('shows calls with their ids', async (t) => {
    const { app, ask } = await operator(t)
    const { body: { phone_hash: hash } } = await ask('POST', '/callers/lookup', { phone: '+15550100123' })
    await startCall(app, { agent_id: 'agent_0001', caller_id: '+15550100123', conversation_id: 'conv_1', call_sid: 'CA1' })

    t.match((await ask('GET', `/memory/${hash}`)).body, { call_count: 1, calls: [{ conversation_id: 'conv_1', call_sid: 'CA1', number: 1 }] })
  })

  t.test('is a whole export: every field of the file comes out, of hand-made ones too', async (t) => {
    const { app, ask } = await operator(t)
    const path = join(app.config.DATA_DIR, 'callers', HASH.slice(0, 2), `${HASH}.json`)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, JSON.stringify(EVERYTHING))

    const { status, body } = await ask('GET', PATH)

    t.equal(status, 200)
    t.strictSame(body, JSON.parse(await readFile(path, 'utf8')))
    t.strictSame(missing(CallerRecordSchema, body), [], 'the record of this test has every field there is')
  })

  t.test('is 404 when there is none', async (t) => {
    const { ask } = await operator(t)
    t.strictSame(await ask('GET', PATH), UNKNOWN)
  })

  t.test('wants a phone hash, and says where to get one', async (t) => {
    const { app, ask } = await operator(t)
    for (const wrong of ['+15550100123', '15550100123', HASH.toUpperCase(), HASH.slice(1), `${HASH}0`, 'x'.repeat(300), '..%2Fnotes', `${HASH}%0A`]) {
      for (const [method, rest] of [['GET', ''], ['DELETE', ''], ['DELETE', '/facts/some']] as const) {
        const { status, body } = await ask(method, `/memory/${wrong}${rest}`)
        t.strictSame([status, body.code], [400, 'BRIDGE_REQUEST_INVALID'], `${method} ${wrong}${rest}`)
        t.match(body.message, /params\/phone_hash .*64 lower-case hex digits\. POST \/api\/callers\/lookup/)
      }
    }
    t.notMatch(JSON.stringify(app.lines), /15550100123/)
  })
})

t.test('PATCH /api/memory/:phone_hash', async (t) => {
  t.test('changes name and language, of somebody who never called too', async (t) => {
    const { ask } = await operator(t)

    t.match(await ask('PATCH', PATH, { caller_name: ' Dana O\'Hara-Åström ' }), { status: 200, body: { caller_name: 'Dana O\'Hara-Åström', language: null, remember: true } })
    t.match(await ask('PATCH', PATH, { language: 'pt-BR' }), { status: 200, body: { caller_name: 'Dana O\'Hara-Åström', language: 'pt-BR' } })
    t.match(await ask('PATCH', PATH, { caller_name: null }), { status: 200, body: { caller_name: null, language: 'pt-BR' } })
    t.strictSame((await ask('GET', PATH)).body, (await ask('PATCH', PATH, { remember: true })).body)
  })

  t.test('refuses what is no name or language, and says what one is', async (t) => {
    const { ask } = await operator(t)
    const cases: Array<[patch: object, message: RegExp]> = [
      ...['', '  ', 'Dana\n# obey', '{{x}}', 'Dana <b>', 'R2D2', '-.', 'x'.repeat(61)].map((name): [object, RegExp] => [{ caller_name: name }, /body\/caller_name .*1 to 60 characters: letters, accents, spaces and ' - \./]),
      [{ caller_name: 5 }, /body\/caller_name/],
      [{ language: 'english' }, /body\/language .*ISO 639/],
      [{ remember: 'no' }, /body\/remember must be boolean: false opts the caller out and erases everything/],
      [{}, /body must NOT have fewer than 1 properties: an object with at least one of caller_name, language, remember and forget_wishes/],
      [{ forget_wishes: [] }, /body\/forget_wishes must be null: null when you have seen/],
      [{ name: 'Dana' }, /\(name\)/]
    ]
    for (const [patch, message] of cases) {
      t.match(await ask('PATCH', PATH, patch), fault(400, 'Bad Request', 'BRIDGE_REQUEST_INVALID', message as never), JSON.stringify(patch))
    }
    t.strictSame(await ask('GET', PATH), UNKNOWN)
  })

  t.test('takes a name of 60 characters of any script', async (t) => {
    const { ask } = await operator(t)
    t.match(await ask('PATCH', PATH, { caller_name: '\u{20000}'.repeat(60) }), { status: 200 })
  })

  t.test('opts a caller out, and in again', async (t) => {
    const { ask } = await operator(t)
    await ask('POST', PATH, { fact: 'Has a dog' })
    const stub = { status: 200, body: { phone_hash: HASH, remember: false } }

    t.strictSame(await ask('PATCH', PATH, { remember: false }), stub)
    t.strictSame(await ask('GET', PATH), stub)
    t.strictSame(await ask('PATCH', PATH, { remember: false }), stub, 'again')
    t.strictSame(await ask('POST', PATH, { fact: 'x' }), OPTED_OUT)
    t.strictSame(await ask('POST', '/notes', { note: 'x', phone_hash: HASH }), OPTED_OUT)
    t.strictSame(await ask('PATCH', PATH, { caller_name: 'Dana' }), OPTED_OUT)
    t.match(await ask('DELETE', PATH), { status: 200, body: { removed: { facts: 0, notes: 0, calls: 0 } } })
    t.strictSame(await ask('GET', PATH), stub, 'erasure does not end it')

    t.match(await ask('PATCH', PATH, { remember: true, caller_name: 'Dana' }), { status: 200, body: { remember: true, caller_name: 'Dana', facts: [] } })
    t.match(await ask('POST', PATH, { fact: 'x' }), { status: 200 })
  })

  t.test('opts out somebody who never called', async (t) => {
    const { ask } = await operator(t)
    t.strictSame(await ask('PATCH', PATH, { remember: false }), { status: 200, body: { phone_hash: HASH, remember: false } })
  })
})

t.test('DELETE /api/memory/:phone_hash', async (t) => {
  t.test('erases, and says what, when and from where', async (t) => {
    const { ask } = await operator(t)
    await ask('PATCH', PATH, { caller_name: 'Dana' })
    await ask('POST', PATH, { fact: 'Has a dog' })
    await ask('POST', PATH, { fact: 'Has a cat' })
    await ask('POST', '/notes', { note: 'Waits', phone_hash: HASH })

    t.strictSame(await ask('DELETE', PATH), {
      status: 200,
      body: { status: 'ok', phone_hash: HASH, erased_at: NOW, storage: 'files', removed: { record: true, name: true, facts: 2, notes: 1, calls: 0 } }
    })
    t.match(NOW, SOMETIME)
    t.strictSame(await ask('GET', PATH), UNKNOWN)
    t.strictSame((await ask('GET', `/notes?phone_hash=${HASH}`)).body, { notes: [] })
  })

  t.test('of somebody unknown is done, too', async (t) => {
    const { ask } = await operator(t)
    t.strictSame(await ask('DELETE', PATH), {
      status: 200,
      body: { status: 'ok', phone_hash: HASH, erased_at: NOW, storage: 'files', removed: { record: false, name: false, facts: 0, notes: 0, calls: 0 } }
    })
  })

  t.test('counts every call, and a record without a name', async (t) => {
    const { app, ask } = await operator(t)
    for (const id of ['conv_1', 'conv_2']) {
      await app.store.update(HASH, recordCallStart({ phoneHash: HASH, newId: 'session', now: NOW }, { conversationId: id, callSid: null }, 'inbound'))
    }

    t.match(await ask('DELETE', PATH), { body: { removed: { record: true, name: false, facts: 0, notes: 0, calls: 2 } } })
  })
})

t.test('texts of the operator', async (t) => {
  const hashOf = async ({ ask }: Pick<Awaited<ReturnType<typeof operator>>, 'ask'>, phone: string) =>
    (await ask('POST', '/callers/lookup', { phone })).body.phone_hash as string

  t.test('are masked and redacted wherever they are stored; other numbers stay', async (t) => {
    const { ask } = await operator(t)
    const hash = await hashOf({ ask }, '+15550100123')
    const said = 'call +1 555 010 0123, not +1 555 010 0999; pays with 4111 1111 1111 1111'
    const stored = 'call [number], not +1 555 010 0999; pays with [card number]'
    const { body: { fact_id: id } } = await ask('POST', `/memory/${hash}`, { fact: 'other' })

    t.match(await ask('POST', `/memory/${hash}`, { fact: said }), { status: 200, body: { total_facts: 2 } })
    t.match(await ask('POST', `/memory/${hash}`, { fact: said }), { body: { total_facts: 2 } }, 'a repeat is told by what is stored')
    t.match(await ask('PATCH', `/memory/${hash}/facts/${id}`, { fact: `new: ${said}` }), { body: { text: `new: ${stored}` } })
    t.match(await ask('POST', '/notes', { note: said, phone_hash: hash }), { status: 200 })
    t.match(await ask('POST', '/notes', { note: said }), { status: 200 })

    const { body } = await ask('GET', `/memory/${hash}`)
    t.match(body, { facts: [{ text: 'other' }, { text: stored }, { text: `new: ${stored}` }], notes: [{ text: stored }] })
    t.notMatch(JSON.stringify(body), /010.?0123|4111/)
    t.match((await ask('GET', '/notes')).body, { notes: [{ note: said.replace(/4111.*/, '[card number]') }] }, 'it is nobody\'s there')
  })

  t.test('that masking makes too long, or that end at no time, are refused, and nothing is written', async (t) => {
    const { ask } = await operator(t)
    const hash = await hashOf({ ask }, '+3545551234')
    const { body: { fact_id: id } } = await ask('POST', `/memory/${hash}`, { fact: 'short' })
    const before = await ask('GET', `/memory/${hash}`)
    const long = `${'x'.repeat(992)} 5551234`
    const never = '2026-12-31T23:59:60Z'
    const tooLong = { status: 400, body: { code: 'BRIDGE_REQUEST_INVALID', message: /1000 characters/ } }
    const noTime = { status: 400, body: { code: 'BRIDGE_TIME_INVALID' } }

    t.match(await ask('POST', `/memory/${hash}`, { fact: long }), tooLong)
    t.match(await ask('PATCH', `/memory/${hash}/facts/${id}`, { fact: long }), tooLong)
    t.match(await ask('POST', '/notes', { note: long, phone_hash: hash }), tooLong)
    t.match(await ask('POST', `/memory/${hash}`, { fact: 'y', expires_at: never }), noTime)
    t.match(await ask('PATCH', `/memory/${hash}/facts/${id}`, { expires_at: never }), noTime)
    t.match(await ask('POST', '/notes', { note: 'y', expires_at: never, phone_hash: hash }), noTime)
    t.match(await ask('POST', '/notes', { note: 'y', expires_at: never }), noTime)

    t.strictSame(await ask('GET', `/memory/${hash}`), before)
    t.strictSame((await ask('GET', '/notes')).body, { notes: [] })
    t.match(await ask('POST', `/memory/${hash}`, { fact: long.slice(1) }), { status: 200 })
  })

  t.test('are kept by a repeat and a correction that do not name them', async (t) => {
    const { ask } = await operator(t)
    const { body: { fact_id: id } } = await ask('POST', PATH, { fact: 'x', pinned: true, expires_at: SECONDS + 60 })
    await ask('POST', PATH, { fact: 'x' })
    const { body: revision } = await ask('PATCH', `${PATH}/facts/${id}`, { fact: 'y' })
    t.match(revision, { pinned: true, expires_at: '2026-11-22T09:31:00.000Z' })
    t.match((await ask('PATCH', `${PATH}/facts/${revision.id}`, { expires_at: null })).body, { text: 'y', expires_at: null })
  })
})
