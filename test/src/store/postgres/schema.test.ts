/** How a database gets its tables. */
import t from 'tap'
import { PASSWORD, postgresPlace, sharedPostgres } from '../../../postgres.ts'
import { callerHash, fact, factsOf } from '../../../stored.ts'

const server = await sharedPostgres()
const dana = callerHash(1)

t.test('ten bridges that start at once on an empty database create its tables once', async (t) => {
  const url = await server.newDatabase()
  const places = Array.from({ length: 10 }, () => postgresPlace(t, url))

  const stores = await Promise.all(places.map(({ open }) => open()))
  await Promise.all(stores.map((store, n) => store.update(dana, fact(dana, `from ${n}`))))

  t.equal((await factsOf(stores[0]!, dana))?.length, 10)
  t.strictSame(await server.sql(url, 'SELECT * FROM bridge_schema'), [{ id: 1, version: 2 }])
  t.strictSame(places.flatMap(({ lines }) => lines.filter(({ level }) => level === 'warn')), [], 'none of them failed')
})

t.test('the log names the database, without user and password', async (t) => {
  const url = await server.newDatabase()
  const { open, lines } = postgresPlace(t, url)

  await open()

  t.strictSame(lines[0], {
    level: 'info',
    fields: { driver: 'postgresql', host: '127.0.0.1', port: server.port, database: new URL(url).pathname.slice(1) },
    message: 'the memory is stored in a database'
  })
})

t.test('a database upgraded by a newer bridge is left alone', async (t) => {
  const url = await server.newDatabase()
  await server.sql(url, 'CREATE TABLE bridge_schema (id int PRIMARY KEY, version int)')
  await server.sql(url, 'INSERT INTO bridge_schema VALUES (1, 7)')
  const store = await postgresPlace(t, url).open()

  await t.rejects(store.load(dana), { code: 'BRIDGE_STORAGE_UNAVAILABLE', cause: { message: /has schema version 7.*start a newer bridge/ } })
  await t.rejects(store.check(), { code: 'BRIDGE_STORAGE_UNAVAILABLE' })

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
  const store = await postgresPlace(t, clerk).open()
  await t.rejects(store.check(), { code: 'BRIDGE_STORAGE_UNAVAILABLE', cause: { code: '42501' } })

  await (await postgresPlace(t, url).open()).check()
  await server.sql(url, 'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO clerk')

  await store.update(dana, fact(dana, 'likes tea'))
  t.strictSame(await factsOf(store, dana), ['likes tea'])
})
