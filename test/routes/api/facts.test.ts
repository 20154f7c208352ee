import { mkdir, writeFile } from 'node:fs/promises'
import t from 'tap'
import { fact, record } from '../../src/prompt/samples.ts'
import { fault, HASH, ID, NOW, operator, SECONDS } from './client.ts'

const PATH = `/memory/${HASH}`
const UNKNOWN = fault(404, 'Not Found', 'BRIDGE_FACT_UNKNOWN', 'This caller has no fact with this id')

t.test('POST /api/memory/:phone_hash', async (t) => {
  t.test('stores a fact, trimmed', async (t) => {
    const { ask } = await operator(t)

    const { status, body } = await ask('POST', PATH, { fact: '  Has a dog \n' })

    t.equal(status, 200)
    t.match(body.fact_id, ID)
    t.strictSame(body, { status: 'ok', phone_hash: HASH, total_facts: 1, fact_id: body.fact_id })
    t.match((await ask('GET', PATH)).body.facts, [{ id: body.fact_id, text: 'Has a dog', pinned: false, expires_at: null }])
  })

  t.test('stores an exact repeat once', async (t) => {
    const { ask } = await operator(t)
    const first = await ask('POST', PATH, { fact: 'Has a dog' })

    t.strictSame(await ask('POST', PATH, { fact: ' Has a dog', pinned: true }), first)
    t.match((await ask('POST', PATH, { fact: 'Has a Dog' })).body, { total_facts: 2 })
  })

  t.test('keeps pin and expiry, in any form', async (t) => {
    const { ask } = await operator(t)
    const cases: Array<[expires: unknown, stored: string | null]> = [
      ['2026-12-24T18:00:00Z', '2026-12-24T18:00:00.000Z'],
      ['2026-12-24T19:30:00.5+01:30', '2026-12-24T18:00:00.500Z'],
      [SECONDS + 60, '2026-11-22T09:31:00.000Z'],
      [null, null]
    ]
    for (const [expires, stored] of cases) {
      const { body } = await ask('POST', PATH, { fact: `until ${expires}`, pinned: true, expires_at: expires })
      t.match((await ask('GET', PATH)).body.facts.at(-1), { id: body.fact_id, pinned: true, expires_at: stored })
    }
  })

  t.test('refuses an end in the past, for facts and notes, and for corrections', async (t) => {
    const { ask } = await operator(t)
    const { body: { fact_id: id } } = await ask('POST', PATH, { fact: 'Has a dog' })
    const past = fault(400, 'Bad Request', 'BRIDGE_TIME_PAST', 'body/expires_at is in the past: send a time to come, or null for never')

    for (const expires of [SECONDS, '2026-11-22T09:29:59Z', '2026-11-22T10:00:00+01:00']) {
      t.strictSame(await ask('POST', PATH, { fact: 'x', expires_at: expires }), past)
      t.strictSame(await ask('PATCH', `${PATH}/facts/${id}`, { expires_at: expires }), past)
      for (const scope of [{ phone_hash: HASH }, {}]) t.strictSame(await ask('POST', '/notes', { ...scope, note: 'x', expires_at: expires }), past)
    }
    t.match((await ask('POST', '/notes', { note: 'x', expires_at: SECONDS + 1 })), { status: 200 })
    t.match((await ask('GET', PATH)).body, { facts: { length: 1 }, notes: { length: 0 } })
  })

  t.test('counts the facts that hold', async (t) => {
    let at = NOW
    const { ask } = await operator(t, {}, () => new Date(at))
    await ask('POST', PATH, { fact: 'over', expires_at: SECONDS + 1 })
    at = '2026-11-22T09:30:01.000Z'
    t.match((await ask('POST', PATH, { fact: 'holds' })).body, { total_facts: 1 })
    t.match((await ask('POST', PATH, { fact: 'over' })).body, { total_facts: 2 }, 'one that is over may be told anew')
  })

  t.test('takes 1 to 1000 characters, whatever bytes they have', async (t) => {
    const { ask } = await operator(t)
    t.match(await ask('POST', PATH, { fact: '😀'.repeat(1000) }), { status: 200 })
    for (const text of ['😀'.repeat(1001), 'x'.repeat(1001), '', '   ']) {
      t.match(await ask('POST', PATH, { fact: text }), { status: 400, body: { message: /^body\/fact .*: One lasting sentence about the caller, 1 to 1000 characters$/ } })
    }
  })

  t.test('refuses what does not fit, and names it', async (t) => {
    const { ask } = await operator(t)
    const cases: Array<[body: object, message: RegExp]> = [
      [{}, /body must have required property 'fact': an object with fact, and optionally pinned and expires_at/],
      [{ fact: 5 }, /body\/fact must be string: One lasting sentence/],
      [{ fact: null }, /body\/fact must be string/],
      [{ fact: 'x', pinned: 'yes' }, /body\/pinned must be boolean: true or false/],
      [{ fact: 'x', pined: true }, /must NOT have additional properties \(pined\): an object with fact, and optionally pinned and expires_at/],
      [{ fact: 'x', expires_at: 'tomorrow' }, /body\/expires_at .*: ISO 8601 with a time zone, .* or Unix seconds, or null/],
      [{ fact: 'x', expires_at: '2026-12-24T18:00:00' }, /body\/expires_at .*time zone/],
      [{ fact: 'x', expires_at: -1 }, /body\/expires_at .*Unix seconds/],
      [{ fact: 'x', expires_at: 1e12 }, /body\/expires_at .*Unix seconds/]
    ]
    for (const [body, message] of cases) {
      const answer = await ask('POST', PATH, body)
      t.match(answer, { status: 400, body: { statusCode: 400, code: 'BRIDGE_REQUEST_INVALID', error: 'Bad Request', message } }, JSON.stringify(body))
    }
    t.match(await ask('POST', PATH, { fact: 'x', expires_at: '2026-12-31T23:59:60Z' }), { status: 400, body: { code: 'BRIDGE_TIME_INVALID' } })
    t.match(await ask('GET', PATH), { status: 404 })
  })

  t.test('refuses the 1001st fact', async (t) => {
    const { app, ask } = await operator(t)
    const folder = `${app.config.DATA_DIR}/callers/${HASH.slice(0, 2)}`
    await mkdir(folder, { recursive: true })
    await writeFile(`${folder}/${HASH}.json`, JSON.stringify(record({
      phone_hash: HASH, facts: Array.from({ length: 999 }, (_, index) => fact(`fact ${index}`))
    })))

    t.match(await ask('POST', PATH, { fact: 'the last' }), { status: 200, body: { total_facts: 1000 } })
    t.strictSame(await ask('POST', PATH, { fact: 'one more' }),
      fault(409, 'Conflict', 'BRIDGE_FACTS_FULL', 'This caller already has 1000 facts, which is the limit: delete some first'))
    t.match(await ask('POST', PATH, { fact: 'the last' }), { status: 200 }, 'a repeat needs no room')
  })
})

t.test('PATCH /api/memory/:phone_hash/facts/:fact_id', async (t) => {
  t.test('corrects what is given and leaves the rest', async (t) => {
    let at = NOW
    const { ask } = await operator(t, {}, () => new Date(at))
    const { body: { fact_id: id } } = await ask('POST', PATH, { fact: 'Has a dog' })
    at = '2026-11-23T10:00:00.000Z'
    const fact = { id, text: 'Has a dog', source: 'operator', evidence: null, pinned: true, created_at: NOW, updated_at: at, expires_at: null, superseded_by: null }

    t.strictSame(await ask('PATCH', `${PATH}/facts/${id}`, { pinned: true }), { status: 200, body: fact })
    t.strictSame(await ask('PATCH', `${PATH}/facts/${id}`, { expires_at: '2026-12-01T00:00:00Z' }),
      { status: 200, body: { ...fact, expires_at: '2026-12-01T00:00:00.000Z' } })
    t.strictSame(await ask('PATCH', `${PATH}/facts/${id}`, { expires_at: null, pinned: false }),
      { status: 200, body: { ...fact, pinned: false } })
    t.strictSame((await ask('GET', PATH)).body.facts, [{ ...fact, pinned: false }])
  })

  t.test('answers other words with a new fact, and refuses to correct history', async (t) => {
    const { ask } = await operator(t)
    const { body: { fact_id: id } } = await ask('POST', PATH, { fact: 'Has a dog', pinned: true })

    const { status, body } = await ask('PATCH', `${PATH}/facts/${id}`, { fact: ' Has two dogs ' })

    t.equal(status, 200)
    t.match(body, { id: ID, text: 'Has two dogs', pinned: true, superseded_by: null })
    t.not(body.id, id)
    t.strictSame(await ask('PATCH', `${PATH}/facts/${id}`, { pinned: true }),
      fault(409, 'Conflict', 'BRIDGE_FACT_SUPERSEDED', `This fact has been corrected, and is history: the current fact is ${body.id}`))
    t.match((await ask('GET', `${PATH}/facts/${id}/history`)).body.facts, [{ id, text: 'Has a dog', superseded_by: body.id }, body])
  })

  t.test('refuses a text that another fact has', async (t) => {
    const { ask } = await operator(t)
    await ask('POST', PATH, { fact: 'Has a cat' })
    const { body: { fact_id: id } } = await ask('POST', PATH, { fact: 'Has a dog' })

    t.match(await ask('PATCH', `${PATH}/facts/${id}`, { fact: 'Has a cat' }), { status: 409, body: { code: 'BRIDGE_FACT_REPEATED' } })
    t.match(await ask('PATCH', `${PATH}/facts/${id}`, { fact: 'Has a dog' }), { status: 200 }, 'its own text is no other\'s')
  })

  t.test('refuses an empty patch and unknown keys, and is 404 for an unknown fact or caller', async (t) => {
    const { ask } = await operator(t)
    t.strictSame(await ask('PATCH', `${PATH}/facts/some`, { pinned: true }), UNKNOWN)
    await ask('POST', PATH, { fact: 'Has a dog' })

    t.strictSame(await ask('PATCH', `${PATH}/facts/some`, { pinned: true }), UNKNOWN)
    t.match(await ask('PATCH', `${PATH}/facts/some`, {}), { status: 400, body: { message: /at least one of fact, pinned and expires_at/ } })
    t.match(await ask('PATCH', `${PATH}/facts/some`, { text: 'x' }), { status: 400, body: { message: /\(text\)/ } })
  })
})

t.test('DELETE /api/memory/:phone_hash/facts/:fact_id', async (t) => {
  t.test('deletes one, once', async (t) => {
    const { ask } = await operator(t)
    await ask('POST', PATH, { fact: 'Has a cat' })
    const { body: { fact_id: id } } = await ask('POST', PATH, { fact: 'Has a dog' })

    t.strictSame(await ask('DELETE', `${PATH}/facts/${id}`), { status: 200, body: { status: 'ok', phone_hash: HASH, total_facts: 1 } })
    t.strictSame(await ask('DELETE', `${PATH}/facts/${id}`), UNKNOWN)
    t.match((await ask('GET', PATH)).body.facts, [{ text: 'Has a cat' }])
  })
})
