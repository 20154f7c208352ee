/** How a database gets its tables. */
import t from 'tap'
import { PASSWORD, postgresPlace, sharedPostgres } from '../../../postgres.ts'
import { openStore } from '../../../../src/store/open-store.ts'
import { at, callerHash, checks, fact, factsOf } from '../../../stored.ts'

const server = await sharedPostgres()
const dana = callerHash(1)

t.test('ten bridges that start at once on an empty database create its tables once', async (t) => {
  const url = await server.newDatabase()
  const places = Array.from({ length: 10 }, () => postgresPlace(t, url))

  const stores = await Promise.all(places.map(({ open }) => open()))
  await Promise.all(stores.map((store, n) => store.update(dana, fact(dana, `from ${n}`))))

  t.equal((await factsOf(stores[0]!, dana))?.length, 10)
  t.strictSame(await server.sql(url, 'SELECT * FROM bridge_schema'), [{ id: 1, version: 3 }])
})

t.test('the log names the database, without user and password', async (t) => {
  const url = await server.newDatabase()
  const lines: unknown[] = []
  const log = { info: (...line: unknown[]) => lines.push(line), warn: () => {}, error: () => {} }

  const settings = { DATABASE_URL: url, DATA_DIR: '', DATA_ENCRYPTION_KEY: [] }
  await (await openStore(settings, { checks, now: () => new Date(at(0)), log })).close()

  const database = { driver: 'postgresql', host: '127.0.0.1', port: server.port, database: new URL(url).pathname.slice(1) }
  t.strictSame(lines, [[database, 'the memory is stored in a database']])
})

t.test('a database upgraded by a newer bridge is left alone', async (t) => {
  const url = await server.newDatabase()
  await server.sql(url, 'CREATE TABLE bridge_schema (id int PRIMARY KEY, version int)')
  await server.sql(url, 'INSERT INTO bridge_schema VALUES (1, 7)')

  await t.rejects(postgresPlace(t, url).open(), { code: 'BRIDGE_STORAGE_UNAVAILABLE', cause: { message: /has schema version 7.*start a newer bridge/ } })

  t.strictSame(await server.sql(url, 'SELECT version FROM bridge_schema'), [{ version: 7 }])
  t.strictSame(await server.sql(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"), [{ tablename: 'bridge_schema' }])
})

t.test('an interrupted migration is finished by the next start', async (t) => {
  const url = await server.newDatabase()
  await (await postgresPlace(t, url).open()).check()
  await server.sql(url, 'DROP TABLE damaged')
  await server.sql(url, 'UPDATE bridge_schema SET version = 0')

  const store = await postgresPlace(t, url).open()

  await store.update(dana, fact(dana, 'likes tea'))
  t.strictSame(await server.sql(url, 'SELECT * FROM damaged'), [])
})

t.test('tables of the previous version are upgraded, and keep their rows', async (t) => {
  const url = await server.newDatabase()
  const before = await postgresPlace(t, url).open()
  await before.update(dana, fact(dana, 'likes tea'))
  await server.sql(url, 'DROP TABLE work')
  await server.sql(url, 'ALTER TABLE callers DROP COLUMN rings')
  await server.sql(url, 'UPDATE bridge_schema SET version = 1')

  const store = await postgresPlace(t, url).open()

  await store.queue.schedule(dana, '2026-11-22T09:00:00.000Z')
  t.strictSame(await factsOf(store, dana), ['likes tea'])
  t.strictSame(await store.queue.list(null, 5), { phoneHashes: [dana], next: null })
})

t.test('a user who may not create tables can use existing ones', async (t) => {
  const url = await server.newDatabase()
  await server.sql(url, `CREATE ROLE clerk LOGIN PASSWORD '${PASSWORD}'`)
  // As it is by default from PostgreSQL 15 on.
  await server.sql(url, 'REVOKE CREATE ON SCHEMA public FROM PUBLIC')
  const clerk = Object.assign(new URL(url), { username: 'clerk' }).href
  await t.rejects(postgresPlace(t, clerk).open(), { code: 'BRIDGE_STORAGE_UNAVAILABLE', cause: { code: '42501' } })

  await (await postgresPlace(t, url).open()).check()
  await server.sql(url, 'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO clerk')

  const store = await postgresPlace(t, clerk).open()
  await store.update(dana, fact(dana, 'likes tea'))
  t.strictSame(await factsOf(store, dana), ['likes tea'])
})
