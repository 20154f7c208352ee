import { writeFile } from 'node:fs/promises'
import t from 'tap'
import { note, record } from '../../src/prompt/samples.ts'
import { fault, HASH, ID, NOW, operator, SECONDS } from './client.ts'

const OTHER = 'b'.repeat(64)
const UNKNOWN = fault(404, 'Not Found', 'BRIDGE_NOTE_UNKNOWN', 'There is no note with this id: a caller\'s own notes need ?phone_hash=, notes for everybody go without it')

t.test('POST /api/notes', async (t) => {
  t.test('adds one for everybody', async (t) => {
    const { ask } = await operator(t)
    for (const body of [{ note: ' Closed at noon ' }, { note: 'Closed at one', phone_hash: null }]) {
      const answer = await ask('POST', '/notes', body)
      t.match(answer.body.id, ID)
      t.strictSame(answer, { status: 200, body: { status: 'ok', timestamp: SECONDS, global: true, id: answer.body.id } })
    }
    t.match((await ask('GET', '/notes')).body.notes.map(({ note }: { note: string }) => note), ['Closed at noon', 'Closed at one'])
  })

  t.test('adds one for a caller, who may be unknown', async (t) => {
    const { ask } = await operator(t)

    const answer = await ask('POST', '/notes', { note: 'Waits for a parcel', phone_hash: HASH })

    t.strictSame(answer, { status: 200, body: { status: 'ok', timestamp: SECONDS, global: false, id: answer.body.id } })
    t.match((await ask('GET', `/memory/${HASH}`)).body.notes, [{ text: 'Waits for a parcel' }])
  })

  t.test('refuses what does not fit, and names it', async (t) => {
    const { ask } = await operator(t)
    const cases: Array<[body: object, message: RegExp]> = [
      [{}, /required property 'note': an object with note, and optionally phone_hash/],
      [{ note: '  ' }, /body\/note .*1 to 1000 characters/],
      [{ note: '😀'.repeat(1001) }, /body\/note .*1 to 1000 characters/],
      [{ note: 'x', hash: HASH }, /\(hash\)/],
      [{ note: 'x', phone_hash: '+15550100123' }, /body\/phone_hash .*64 lower-case hex digits\. POST \/api\/callers\/lookup/],
      [{ note: 'x', phone_hash: HASH.toUpperCase() }, /body\/phone_hash .*lookup/],
      [{ note: 'x', phone_hash: '' }, /body\/phone_hash .*lookup/],
      [{ note: 'x', expires_at: 'noon' }, /body\/expires_at .*: ISO 8601/]
    ]
    for (const [body, message] of cases) {
      t.match(await ask('POST', '/notes', body), { status: 400, body: { code: 'BRIDGE_REQUEST_INVALID', message } }, JSON.stringify(body))
    }
  })

  t.test('refuses the 101st for one caller, and the 1001st for everybody', async (t) => {
    const { app, ask } = await operator(t)
    await app.store.update(HASH, (caller) => ({
      caller: { ...caller, record: record({ phone_hash: HASH, notes: Array.from({ length: 99 }, (_, index) => note(`own ${index}`)) }) }, result: null
    }))
    await writeFile(`${app.config.DATA_DIR}/notes.json`, JSON.stringify({ version: 1, notes: Array.from({ length: 999 }, (_, index) => note(`global ${index}`)) }))
    const full = (limit: number) => fault(409, 'Conflict', 'BRIDGE_NOTES_FULL', `There are already ${limit} notes, which is the limit: delete some first`)

    t.match(await ask('POST', '/notes', { note: 'last', phone_hash: HASH }), { status: 200 })
    t.strictSame(await ask('POST', '/notes', { note: 'more', phone_hash: HASH }), full(100))
    t.match(await ask('POST', '/notes', { note: 'last' }), { status: 200 })
    t.strictSame(await ask('POST', '/notes', { note: 'more' }), full(1000))
  })
})

t.test('GET /api/notes', async (t) => {
  t.test('lists the global ones, or a caller\'s own, expired ones too, oldest first', async (t) => {
    let at = NOW
    const { ask } = await operator(t, {}, () => new Date(at))
    const idOf = async (body: object) => (await ask('POST', '/notes', body)).body.id
    const first = await idOf({ note: 'first', expires_at: SECONDS + 1 })
    const second = await idOf({ note: 'second', expires_at: '2026-11-22T20:00:00+01:00' })
    const own = await idOf({ note: 'own', phone_hash: HASH })
    const listed = (id: string, text: string, expires: string | null, global: boolean) =>
      ({ id, note: text, timestamp: SECONDS, expires_at: expires, global })
    const all = [listed(first, 'first', '2026-11-22T09:30:01.000Z', true), listed(second, 'second', '2026-11-22T19:00:00.000Z', true)]

    at = '2026-11-22T09:30:02.000Z'
    t.strictSame(await ask('GET', '/notes'), { status: 200, body: { notes: all } })
    t.strictSame(await ask('GET', `/notes?phone_hash=${HASH}`), { status: 200, body: { notes: [listed(own, 'own', null, false)] } })
    t.strictSame(await ask('GET', `/notes?phone_hash=${OTHER}`), { status: 200, body: { notes: [] } })
  })

  t.test('refuses a wrong phone hash and unknown parameters', async (t) => {
    const { ask } = await operator(t)
    t.match(await ask('GET', '/notes?phone_hash=15550100123'), { status: 400, body: { message: /querystring\/phone_hash .*lookup/ } })
    t.match(await ask('GET', '/notes?hash=x'), { status: 400, body: { message: /\(hash\)/ } })
  })
})

t.test('DELETE /api/notes/:note_id', async (t) => {
  t.test('deletes where it is told to look, and nowhere else', async (t) => {
    const { ask } = await operator(t)
    const { body: { id: global } } = await ask('POST', '/notes', { note: 'global' })
    const { body: { id: own } } = await ask('POST', '/notes', { note: 'own', phone_hash: HASH })

    t.strictSame(await ask('DELETE', `/notes/${own}`), UNKNOWN)
    t.strictSame(await ask('DELETE', `/notes/${global}?phone_hash=${HASH}`), UNKNOWN)
    t.strictSame(await ask('DELETE', `/notes/${own}?phone_hash=${OTHER}`), UNKNOWN)
    t.strictSame(await ask('DELETE', `/notes/${own}?phone_hash=${HASH}`), { status: 200, body: { status: 'ok' } })
    t.strictSame(await ask('DELETE', `/notes/${global}`), { status: 200, body: { status: 'ok' } })
    t.strictSame(await ask('DELETE', `/notes/${global}`), UNKNOWN)
    t.strictSame((await ask('GET', '/notes')).body, { notes: [] })
  })
})
