import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import t, { type Test } from 'tap'
import { recordCallStart } from '../../../../src/caller/calls.ts'
import { changeProfile, erase } from '../../../../src/caller/profile.ts'
import type { CallerStoreParts } from '../../../../src/store/caller-store.ts'
import { createFormats } from '../../../../src/store/formats.ts'
import { openDatabase } from '../../../../src/store/postgres/database.ts'
import { postgresDriver } from '../../../../src/store/postgres/postgres-driver.ts'
import { createSealer } from '../../../../src/store/sealer.ts'
import { postgresPlace, sharedPostgres } from '../../../postgres.ts'
import { storeContract } from '../../../store-contract.ts'
import { addNote, at, callerHash, callStart, checks, contextOf, fact, factsOf, plainFormats } from '../../../stored.ts'

const server = await sharedPostgres()
const dana = callerHash(1)
const otto = callerHash(2)
const note = { id: 'n1', text: 'closed for orchids', created_at: at(0), expires_at: null }

const ring = (conversationId: string) => recordCallStart(contextOf(dana, 1), { conversationId, callSid: null }, 'inbound')

async function newPlace (t: Test, overrides: Partial<CallerStoreParts> = {}) {
  const url = await server.newDatabase()
  const place = postgresPlace(t, url, overrides)
  return { ...place, url, sql: async (text: string, values?: unknown[]) => await server.sql(url, text, values) }
}

/** Everything that is stored, as one text. */
async function dump (sql: (text: string) => Promise<unknown>): Promise<string> {
  const tables = ['bridge_schema', 'callers', 'documents', 'damaged']
  return JSON.stringify(await Promise.all(tables.map((table) => sql(`SELECT * FROM ${table}`))))
}

t.test('contract', async (t) => {
  await storeContract(t, (t) => {
    const url = server.newDatabase()
    return async () => await postgresPlace(t, await url).open()
  })
})

t.test('a row holds what the formats write, and no row is left without record and mark', async (t) => {
  const { open, sql } = await newPlace(t)
  const store = await open()
  await store.update(dana, fact(dana, 'likes tea'))
  await store.update(otto, erase(at(1)))

  const { record } = await store.load(dana)
  t.strictSame(await sql('SELECT * FROM callers ORDER BY record'), [
    { phone_hash: dana, record: plainFormats.record(dana).write(record!).join(''), mark: null, rings: null },
    { phone_hash: otto, record: null, mark: `${JSON.stringify({ phone_hash: otto, erased_at: at(1) }, null, 2)}\n`, rings: null }
  ])
  await Promise.all([dana, otto].map((hash) => store.update(
    hash,
    () => ({ caller: { record: null, erasedAt: null }, result: null })
  )))
  t.strictSame(await sql('SELECT * FROM callers'), [])
})

t.test('a record that was deleted, or brought back, with SQL is honoured at once', async (t) => {
  const { open, sql } = await newPlace(t)
  const store = await open()
  await store.update(dana, fact(dana, 'likes tea'))
  const [row] = await sql('SELECT record FROM callers')

  await sql('DELETE FROM callers')
  t.strictSame(await store.load(dana), { record: null, erasedAt: null })
  await store.update(dana, fact(dana, 'likes cake', 2))
  t.strictSame(await factsOf(store, dana), ['likes cake'])

  await store.update(dana, erase(at(5)))
  await sql('UPDATE callers SET record = $1', [row?.['record']])
  t.strictSame(await store.load(dana), { record: null, erasedAt: at(5) }, 'a record from before its erasure counts as erased')
  t.match((await store.list('all', null, 5)).callers, [{ phoneHash: dana, record: null }])
  await store.update(dana, fact(dana, 'came back', 6))
  t.strictSame(await factsOf(store, dana), ['came back'])
})

t.test('a change builds on what another bridge is just writing, deleting or adding', async (t) => {
  const { open, url, sql } = await newPlace(t)
  const store = await open()
  await store.update(dana, fact(dana, 'likes tea'))
  const [row] = await sql('SELECT record FROM callers')
  const other = new pg.Client(url)
  await other.connect()
  t.teardown(() => other.end())
  /** What a caller's facts are when `statement` was not committed yet while `text` is added. */
  const meanwhile = async (text: string, statement: string, values: unknown[] = []) => {
    await other.query('BEGIN')
    await other.query('SELECT * FROM callers FOR UPDATE')
    await other.query(statement, values)
    const adding = store.update(dana, fact(dana, text))
    while ((await sql("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")).length === 0) await sleep(5)
    await other.query('COMMIT')
    await adding
    return await factsOf(store, dana)
  }

  t.strictSame(await meanwhile('first', "UPDATE callers SET record = replace(record, 'likes tea', 'likes cake')"), ['likes cake', 'first'])
  t.strictSame(await meanwhile('second', 'DELETE FROM callers'), ['second'])
  await sql('DELETE FROM callers')
  t.strictSame(await meanwhile('third', 'INSERT INTO callers (phone_hash, record) VALUES ($1, $2)', [dana, row?.['record']]), ['likes tea', 'third'])
})

t.test('a damaged record that is good again before it is quarantined is left in place', async (t) => {
  const { open, url, damaged, sql } = await newPlace(t)
  const store = await open()
  await store.update(dana, fact(dana, 'likes tea'))
  const database = await openDatabase(url, () => {})
  t.teardown(() => database.close())

  t.equal(await postgresDriver(database, () => new Date(at(0))).quarantine(`callers/${dana}`, '{'), null)

  t.strictSame(await factsOf(store, dana), ['likes tea'])
  t.strictSame([damaged, await sql('SELECT * FROM damaged')], [[], []])
})

t.test('a damaged record is quarantined once, however many read it, and erased with the rest', async (t) => {
  const { open, damaged, sql } = await newPlace(t)
  const [store, other] = [await open(), await open()]
  await store.update(dana, fact(dana, 'grows orchids'))
  await store.update(dana, changeProfile(contextOf(dana, 2), { caller_name: 'Dana' }))
  await sql('UPDATE callers SET record = left(record, -9)')

  const results = await Promise.allSettled([store.load(dana), other.load(dana), store.update(dana, ring('conv_1')), other.load(dana), store.load(dana)])

  t.ok(results.filter(({ status }) => status === 'rejected').length >= 1)
  for (const result of results) if (result.status === 'rejected') t.match(result.reason, { code: 'BRIDGE_RECORD_DAMAGED', message: new RegExp(damaged[0]!) })
  t.equal(damaged.length, 1)
  t.match(await sql('SELECT * FROM damaged'), [{ id: damaged[0]?.slice('damaged/'.length), phone_hash: dana, name: 'record', found_at: at(0), body: /orchids/ }])

  await store.update(dana, fact(dana, 'starts afresh', 3))
  t.strictSame(await factsOf(other, dana), ['starts afresh'])
  t.match(await dump(sql), /orchids/)
  await store.update(dana, erase(at(9)))
  t.notMatch(await dump(sql), /orchids|afresh/)
})

t.test('all damage is quarantined: a mark, a document, another caller\'s record, a row of a page', async (t) => {
  const { open, damaged, sql } = await newPlace(t)
  const store = await open()
  const mila = callerHash(3)
  await store.update(dana, fact(dana, 'likes tea'))
  await store.update(otto, erase(at(1)))
  await store.update(mila, fact(mila, 'likes milk'))
  await sql('UPDATE callers SET mark = \'"x"\' WHERE phone_hash = $1', [otto])
  await sql('UPDATE callers SET record = (SELECT record FROM callers WHERE phone_hash = $1) WHERE phone_hash = $2', [dana, mila])
  await sql('INSERT INTO documents VALUES (\'notes\', \'[]\')')

  const { callers, unreadable, next } = await store.list('all', null, 10)
  await t.rejects(store.loadDocument('notes'), { code: 'BRIDGE_RECORD_DAMAGED' })

  t.strictSame([callers.map(({ phoneHash }) => phoneHash), unreadable, next], [[dana], [mila, otto].sort(), null])
  t.equal(damaged.length, 3)
  t.strictSame(await sql('SELECT phone_hash, name FROM damaged ORDER BY name'), [
    { phone_hash: otto, name: 'mark' }, { phone_hash: null, name: 'notes' }, { phone_hash: mila, name: 'record' }
  ])
  t.strictSame(await sql('SELECT phone_hash FROM callers'), [{ phone_hash: dana }])
  t.equal(await store.loadDocument('notes'), null)
  t.equal(await addNote(store, note), 'n1')
})

t.test('a record written by a newer bridge is left alone', async (t) => {
  const { open, damaged, sql } = await newPlace(t)
  const store = await open()
  await store.update(dana, fact(dana, 'likes tea'))
  await sql('UPDATE callers SET record = replace(record, \'"version": 1\', \'"version": 2\')')

  await t.rejects(store.load(dana), { code: 'BRIDGE_STORAGE_UNAVAILABLE' })
  await t.rejects(store.update(dana, fact(dana, 'likes cake')), { code: 'BRIDGE_STORAGE_UNAVAILABLE' })

  t.strictSame(damaged, [])
  t.match(await sql('SELECT record FROM callers'), [{ record: /"version": 2[^]*likes tea/ }])
})

t.test('a sealed store keeps no text in the database, and a row copied over another caller\'s is refused', async (t) => {
  const key = () => randomBytes(32).toString('base64')
  const sealer = createSealer([key()])
  const { open, url, damaged, sql } = await newPlace(t, { formats: createFormats(checks, sealer) })
  const store = await open()
  await store.update(dana, fact(dana, 'grows orchids'))
  await store.update(dana, changeProfile(contextOf(dana, 2), { caller_name: 'Dana Miller' }))
  await store.startCall(dana, callStart(dana, 'conv_orchids'))
  await addNote(store, note)

  t.notMatch(await dump(sql), /orchids|Miller|conv_/)
  t.strictSame(await factsOf(store, dana), ['grows orchids'])
  t.match((await store.list('all', null, 5)).callers, [{ isCurrent: true }])

  await sql('INSERT INTO callers SELECT $1, record, mark FROM callers', [otto])
  await t.rejects(store.load(otto), { code: 'BRIDGE_RECORD_SEALED' })
  t.strictSame((await store.list('all', null, 5)).unreadable, [otto])
  const stranger = await postgresPlace(t, url, { formats: createFormats(checks, createSealer([key()])) }).open()
  await t.rejects(stranger.load(dana), { code: 'BRIDGE_RECORD_SEALED' })
  await t.rejects(stranger.startCall(dana, callStart(dana, 'conv_2')), { code: 'BRIDGE_RECORD_SEALED' })
  await t.rejects(stranger.loadDocument('notes'), { code: 'BRIDGE_RECORD_SEALED' })
  t.strictSame(damaged, [], 'a seal that does not open is no damage')
  t.equal((await sql('SELECT 1 FROM callers')).length, 2)
})

t.test('plain records beside a key are found, and sealed on their next write', async (t) => {
  const { open, url, sql } = await newPlace(t)
  const plain = await open()
  await plain.update(dana, fact(dana, 'grows orchids'))
  const store = await postgresPlace(t, url, { formats: createFormats(checks, createSealer([randomBytes(32).toString('base64')])) }).open()

  t.match((await store.list('records', null, 5)).callers, [{ phoneHash: dana, isCurrent: false }])
  await store.update(dana, fact(dana, 'likes tea'))

  t.notMatch(await dump(sql), /orchids/)
  t.match((await store.list('records', null, 5)).callers, [{ isCurrent: true }])
  await sql('UPDATE callers SET rings = $1', ['[]'])
  t.match((await store.list('records', null, 5)).callers, [{ isCurrent: false }])
  t.strictSame(await factsOf(store, dana), ['grows orchids', 'likes tea'])
})

t.test('a call that two bridges receive at once is counted once, with the same response', async (t) => {
  const { open } = await newPlace(t)
  const stores = [await open(), await open()]
  const hashes = Array.from({ length: 20 }, (_, n) => callerHash(n))

  for (const call of [1, 2, 3]) {
    await Promise.all(hashes.map(async (hash) => {
      const [one, other] = await Promise.all(stores.map((store, n) => store.startCall(hash, callStart(hash, `conv_${call}`, 10 * call + n))))
      t.strictSame([one?.callNumber, one?.record.session_id], [other?.callNumber, other?.record.session_id])
      t.equal(one?.callNumber, call)
    }))
  }
})

t.test('a call start is written beside the record, which stays as it is until something else is written', async (t) => {
  const { open, sql } = await newPlace(t)
  const [store, other] = [await open(), await open()]
  await store.update(dana, fact(dana, 'likes tea'))
  const [before] = await sql('SELECT record FROM callers')

  await store.startCall(dana, callStart(dana, 'conv_1', 1, ['fact likes tea']))
  t.equal((await other.startCall(dana, callStart(dana, 'conv_2', 2)))?.callNumber, 2, 'another bridge counts it')
  const [row] = await sql('SELECT record, rings FROM callers')
  t.equal(row?.['record'], before?.['record'])
  t.match(JSON.parse(String(row?.['rings'])), [{ conversation_id: 'conv_1', told: ['fact likes tea'] }, { conversation_id: 'conv_2' }])
  t.equal((await store.startCall(dana, callStart(dana, 'conv_2', 3)))?.callNumber, 2, 'a repeat at the first one')
  t.equal((await store.startCall(dana, callStart(dana, 'conv_3', 4)))?.callNumber, 3)

  await other.update(dana, fact(dana, 'likes cake', 5))
  t.match(await sql('SELECT record, rings FROM callers'), [{ record: /conv_1[^]*conv_3/, rings: null }])
  t.match(await store.startCall(dana, callStart(dana, 'conv_4', 6)), { callNumber: 4, record: { facts: { length: 2 } } })
})

t.test('a bridge that has a caller in memory tells nothing that another one erased', async (t) => {
  const { open, sql } = await newPlace(t)
  const [store, other] = [await open(), await open()]
  await store.update(dana, fact(dana, 'likes tea'))
  await store.startCall(dana, callStart(dana, 'conv_1', 1))
  await store.update(otto, fact(otto, 'likes milk'))
  await store.startCall(otto, callStart(otto, 'conv_1', 1))

  await other.update(dana, erase(at(5)))
  t.notMatch(await dump(sql), /conv_1[^]*conv_1/, 'the call start is gone with the rest')
  await other.update(otto, changeProfile(contextOf(otto, 5), { remember: false }))
  t.notMatch(await dump(sql), /conv_1/)

  t.match(await store.startCall(dana, callStart(dana, 'conv_2', 6)), { callNumber: 1, record: { facts: { length: 0 } } })
  t.equal(await store.startCall(otto, callStart(otto, 'conv_2', 6)), null)
  await sql('DELETE FROM callers')
  t.match(await store.startCall(dana, callStart(dana, 'conv_3', 7)), { callNumber: 1, record: { calls: { length: 1 } } })
})

t.test('call starts of many callers share a statement, and one that is refused keeps no other', async (t) => {
  const { open, url } = await newPlace(t)
  const [store, other] = [await open(), await open()]
  const hashes = Array.from({ length: 40 }, (_, n) => callerHash(n))
  await Promise.all(hashes.map((hash) => store.update(hash, fact(hash, 'old'))))
  await other.update(hashes[7]!, fact(hashes[7]!, 'new', 2))
  const locker = await lockRows(t, url, hashes[9])

  const starting = hashes.map((hash) => store.startCall(hash, callStart(hash, 'conv_1', 3)))
  await Promise.all(starting.filter((_, n) => n !== 9))
  await locker.query('COMMIT')
  const started = await Promise.all(starting)

  t.strictSame(started.map((each) => each?.callNumber), hashes.map(() => 1))
  t.strictSame(started.map((each) => each?.record.facts.length), hashes.map((_, n) => n === 7 ? 2 : 1))
})

t.test('call starts do not wait for the disk, and everything else does', async (t) => {
  const { open, sql } = await newPlace(t)
  const store = await open()
  await store.update(dana, fact(dana, 'likes tea'))
  await sql('CREATE TABLE commits (at text)')
  await sql(`CREATE FUNCTION record_commit () RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO commits VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$`)
  await sql(`CREATE CONSTRAINT TRIGGER commits AFTER INSERT OR UPDATE ON callers
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION record_commit()`)

  await store.startCall(dana, callStart(dana, 'conv_1', 1))
  await store.update(dana, fact(dana, 'likes cake', 2))

  t.strictSame(await sql('SELECT * FROM commits'), [{ at: 'off' }, { at: 'on' }])
})

t.test('a bridge of an older version writes the record without the call starts, and loses none', async (t) => {
  const { open, sql, damaged } = await newPlace(t)
  const store = await open()
  await store.update(dana, fact(dana, 'likes tea'))
  await store.startCall(dana, callStart(dana, 'conv_1', 1))

  await sql("UPDATE callers SET record = replace(record, 'likes tea', 'likes cake')")
  t.match(await store.startCall(dana, callStart(dana, 'conv_2', 2)), { callNumber: 2, record: { facts: [{ text: 'likes cake' }] } })
  await sql('UPDATE callers SET record = NULL, mark = $1', [JSON.stringify({ phone_hash: dana, erased_at: at(5) })])
  t.strictSame(await store.load(dana), { record: null, erasedAt: at(5) })
  await store.update(dana, (caller) => ({ caller, result: undefined }))
  t.match(await sql('SELECT rings FROM callers'), [{ rings: null }], 'as a sweep does to whoever has a mark')

  await store.update(dana, fact(dana, 'new', 9))
  await store.startCall(dana, callStart(dana, 'conv_3', 10))
  await sql('UPDATE callers SET rings = left(rings, -9)')
  await t.rejects(store.load(dana), { code: 'BRIDGE_RECORD_DAMAGED' })
  t.match([await factsOf(store, dana), damaged.length, await sql('SELECT name FROM damaged')], [['new'], 1, [{ name: 'rings' }]])
})

t.test('a document that another bridge changed is seen within a second', async (t) => {
  const { open } = await newPlace(t)
  const [store, other] = [await open(), await open()]
  await store.loadDocument('notes')

  await addNote(other, note)
  await sleep(1050)

  t.match(await store.loadDocument('notes'), { notes: [note] })
})

t.test('a check fails where nothing can be written, and leaves nothing where it can', async (t) => {
  const { open, url, sql } = await newPlace(t)
  const store = await open()
  await store.update(dana, fact(dana, 'likes tea'))
  await store.check()
  t.strictSame(await sql('SELECT * FROM documents'), [])
  await store.close()

  await server.sql(server.url('postgres'), `ALTER DATABASE ${new URL(url).pathname.slice(1)} SET default_transaction_read_only = on`)
  const standby = await open()

  await t.rejects(standby.check(), { code: 'BRIDGE_STORAGE_UNAVAILABLE', cause: { code: '25006' } })
  t.strictSame(await factsOf(standby, dana), ['likes tea'], 'reading goes on')
})

t.test('a caller whose row is locked holds up neither other callers nor readers', async (t) => {
  const { open, url } = await newPlace(t)
  const store = await open()
  await store.update(dana, fact(dana, 'likes tea'))
  const other = await lockRows(t, url)

  const waiting = Promise.all(Array.from({ length: 1000 }, (_, n) => n === 0
    ? store.startCall(dana, callStart(dana, 'conv_1'))
    : store.update(dana, changeProfile(contextOf(dana, 2), { caller_name: `Dana ${String.fromCodePoint(0x4e00 + n)}` }))))
  t.strictSame(await factsOf(store, dana), ['likes tea'])
  for (let n = 10; n < 30; n++) await store.update(callerHash(n), fact(callerHash(n), 'went through'))
  await store.check()
  await other.query('COMMIT')

  t.equal((await waiting).length, 1000)
  t.match(await store.load(dana), { record: { call_count: 1, facts: [{ text: 'likes tea' }] } })
})

t.test('call starts wait for a slot when 500 are pending, up to their patience', async (t) => {
  const { open, url } = await newPlace(t)
  const store = await open()
  await store.check()
  const other = await lockRows(t, url)
  await other.query('LOCK TABLE callers IN SHARE MODE')

  const rings = Array.from({ length: 500 }, (_, n) => store.startCall(callerHash(n + 10), callStart(callerHash(n + 10), 'conv_1')))
  const patient = store.startCall(otto, callStart(otto, 'conv_waited'))
  const refused = store.startCall(otto, callStart(otto, 'conv_gave_up'), 10)
  await t.rejects(refused, { code: 'BRIDGE_STORAGE_BUSY' })
  await other.query('COMMIT')
  await Promise.all([...rings, patient])

  t.match(await store.load(otto), { record: { call_count: 1, calls: [{ conversation_id: 'conv_waited' }] } })
})

t.test('closing finishes pending work, and a closed store says that it is closed', async (t) => {
  const { open } = await newPlace(t)
  const store = await open()
  const writes = [store.update(dana, fact(dana, 'likes tea')), store.startCall(otto, callStart(otto, 'conv_1')), addNote(store, note)]

  await Promise.all([store.close(), store.close()])

  t.equal((await Promise.all(writes)).length, 3)
  await t.rejects(store.load(dana), { code: 'BRIDGE_STORAGE_UNAVAILABLE' })
  const again = await open()
  t.strictSame(await factsOf(again, dana), ['likes tea'])
  t.match(await again.load(otto), { record: { call_count: 1 } })
})

/** Another session, in a transaction that has every caller's row, or one. */
async function lockRows (t: Test, url: string, phoneHash: string | null = null): Promise<pg.Client> {
  const other = new pg.Client(url)
  await other.connect()
  t.teardown(() => other.end())
  await other.query('BEGIN')
  await other.query('SELECT * FROM callers WHERE phone_hash = COALESCE($1, phone_hash) FOR UPDATE', [phoneHash])
  return other
}
