/** Connections and transactions, against a real server. */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import t, { type Test } from 'tap'
import { COMMIT_SOON, openDatabase, ROLLBACK, type Database } from '../../../../src/store/postgres/database.ts'
import { faultBehind, type DatabaseFault } from '../../../../src/store/postgres/database-fault.ts'
import { sharedPostgres } from '../../../postgres.ts'

const server = await sharedPostgres()

/** Fails as a transaction that met another one. */
const COLLIDE = "DO $$ BEGIN RAISE EXCEPTION 'collision' USING ERRCODE = '40001'; END $$"

/** A database with a table of one number, which is 0. */
async function opened (t: Test) {
  const url = await server.newDatabase()
  await server.sql(url, 'CREATE TABLE numbers (n int)')
  await server.sql(url, 'INSERT INTO numbers VALUES (0)')
  const lost: DatabaseFault[] = []
  const database = await openDatabase(url, (fault) => lost.push(fault))
  t.teardown(() => database.close())
  const stored = async () => (await server.sql(url, 'SELECT n FROM numbers'))[0]?.['n']
  return { url, database, lost, stored }
}

async function connections (url: string): Promise<Array<Record<string, unknown>>> {
  return await server.sql(url, "SELECT pid, state FROM pg_stat_activity WHERE application_name = 'memory-bridge' AND datname = current_database()")
}

/** Adds one by reading first, as a change does; without a lock. */
async function increment (database: Database): Promise<void> {
  await database.transaction(async (run) => {
    const { rows } = await run<{ n: number }>('SELECT n FROM numbers')
    await run('UPDATE numbers SET n = $1', [rows[0]!.n + 1])
  })
}

t.test('transactions that cannot be serialised are retried until each has counted', async (t) => {
  const { url, database, stored } = await opened(t)
  await server.sql(url, `ALTER DATABASE ${new URL(url).pathname.slice(1)} SET default_transaction_isolation = serializable`)

  await Promise.all(Array.from({ length: 8 }, () => increment(database)))

  t.equal(await stored(), 8)
})

t.test('a transaction that collides is rolled back and retried', async (t) => {
  const { database, stored } = await opened(t)
  let attempts = 0

  const result = await database.transaction(async (run) => {
    await run('UPDATE numbers SET n = n + 1')
    if (++attempts < 4) await run(COLLIDE)
    return 'done'
  })

  t.strictSame([result, attempts, await stored()], ['done', 4, 1])
})

t.test('a transaction that keeps colliding is given up', async (t) => {
  const { database, stored } = await opened(t)
  let clock = 0
  t.intercept(performance, 'now', { value: () => (clock += 2000) })
  let attempts = 0

  await t.rejects(database.transaction(async (run) => {
    attempts++
    await run('UPDATE numbers SET n = n + 1')
    await run(COLLIDE)
  }), { code: 'BRIDGE_STORAGE_UNAVAILABLE' })

  t.equal(attempts, 3)
  t.equal(await stored(), 0)
})

t.test('after an error the transaction is rolled back and rejects, and the connection is used again', async (t) => {
  const { url, database, stored } = await opened(t)
  const refusal = new Error('no')
  await database.run('SELECT 1')
  const before = await connections(url)

  await t.rejects(database.transaction(async (run) => {
    await run('UPDATE numbers SET n = 9')
    throw refusal
  }), refusal)
  await t.rejects(database.transaction(async (run) => await run('SELECT no_such_column')), { code: 'BRIDGE_STORAGE_UNAVAILABLE' })

  t.equal(await stored(), 0)
  t.strictSame((await connections(url)).map(({ pid, state }) => ({ pid, state })), before)
})

t.test('a transaction can be rolled back on purpose', async (t) => {
  const { database, stored } = await opened(t)

  await database.transaction(async (run) => await run('UPDATE numbers SET n = 9'), ROLLBACK)

  t.equal(await stored(), 0)
})

t.test('an ending that does not wait for the disk changes that transaction alone', async (t) => {
  const { url, database } = await opened(t)
  // A deferred trigger runs at the very end: it sees what holds for the commit.
  await server.sql(url, 'CREATE TABLE commits (setting text)')
  await server.sql(url, `CREATE FUNCTION note_commit () RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO commits VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$`)
  await server.sql(url, 'CREATE CONSTRAINT TRIGGER note AFTER UPDATE ON numbers DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_commit()')
  const update = async (ending?: typeof COMMIT_SOON) => await database.transaction(
    async (run) => await run('UPDATE numbers SET n = n + 1'), ending)

  await update()
  await update(COMMIT_SOON)
  await update()

  t.strictSame(await server.sql(url, 'SELECT setting FROM commits'), [{ setting: 'on' }, { setting: 'off' }, { setting: 'on' }])
})

t.test('ten bridges fit into a server\'s hundred connections, however many queries run at once', async (t) => {
  const { url, database, stored } = await opened(t)

  const asked = Promise.all(Array.from({ length: 100 }, () => database.transaction(async (run) => await run('UPDATE numbers SET n = n + 1'))))
  await sleep(20)
  const most = (await connections(url)).length
  await asked

  t.ok(most > 1 && most <= 9, `${most} connections`)
  t.equal(await stored(), 100)
})

// The next two wait for time-outs, so they run side by side.
t.jobs = 2

t.test('a statement that waits too long for a lock is ended by the server, and the connection stays good', { buffered: true }, async (t) => {
  const { url, database, stored } = await opened(t)
  const other = new pg.Client(url)
  await other.connect()
  t.teardown(() => other.end())
  await other.query('BEGIN; SELECT * FROM numbers FOR UPDATE')
  const started = performance.now()

  const error: unknown = await database.transaction(async (run) => await run('UPDATE numbers SET n = 1')).catch((error: unknown) => error)
  const ms = performance.now() - started
  const [connection] = await connections(url)
  await other.query('ROLLBACK')

  t.match(error, { code: 'BRIDGE_STORAGE_UNAVAILABLE' })
  t.equal(faultBehind(error)?.code, '57014', 'query_canceled')
  t.ok(ms > 4000 && ms < 7000, `after ${Math.round(ms)} ms`)
  t.equal(connection?.['state'], 'idle')
  await database.transaction(async (run) => await run('UPDATE numbers SET n = 2'))
  t.equal(await stored(), 2)
})

t.test('a server that no longer responds is given up, and found again', { buffered: true }, async (t) => {
  const { url, database, stored } = await opened(t)
  await database.run('SELECT 1')
  const [frozen] = await connections(url)
  process.kill(Number(frozen?.['pid']), 'SIGSTOP')
  t.teardown(() => process.kill(Number(frozen?.['pid']), 'SIGCONT'))

  const error: unknown = await database.transaction(async (run) => await run('UPDATE numbers SET n = 1')).catch((error: unknown) => error)

  t.match(error, { code: 'BRIDGE_STORAGE_UNAVAILABLE' })
  t.match(faultBehind(error)?.message, 'timeout')
  await database.transaction(async (run) => await run('UPDATE numbers SET n = 2'))
  t.equal(await stored(), 2, 'over a new connection')
})

t.test('a connection that ends, idle or in the middle of a transaction, is noticed and replaced', async (t) => {
  const { url, database, lost, stored } = await opened(t)
  const endAll = async () => { for (const { pid } of await connections(url)) await server.sql(url, 'SELECT pg_terminate_backend($1)', [pid]) }
  await database.run('SELECT 1')

  await endAll()
  while (lost.length === 0) await sleep(10)
  const inTheMiddle: unknown = await database.transaction(async (run) => {
    await run('UPDATE numbers SET n = 1')
    await endAll()
    await sleep(50)
    await run('UPDATE numbers SET n = 2')
  }).catch((error: unknown) => error)

  t.match(inTheMiddle, { code: 'BRIDGE_STORAGE_UNAVAILABLE' })
  t.match(lost, [{ code: '57P01', isFromServer: true }])
  t.equal(await stored(), 0)
  await increment(database)
  t.equal(await stored(), 1)
})

t.test('a URL that cannot be used says so without its secrets', async (t) => {
  for (const url of ['postgres://bridge:orchids@db.example/x?sslrootcert=/no/such/orchid-file', 'postgres://bridge:%ff@db.example/orchids']) {
    const error: unknown = await openDatabase(url, () => {}).catch((error: unknown) => error)
    t.match(error, { code: 'BRIDGE_STORAGE_UNAVAILABLE', cause: { message: /^DATABASE_URL cannot be used: / } })
    t.notMatch(JSON.stringify(error) + faultBehind(error)?.message, /orchids/)
  }
})
