/** The bridge on a database that is there, away, comes back, or hangs. */
import { readdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import pg from 'pg'
import t from 'tap'
import { activeRecord } from '../../src/caller/caller.ts'
import { hashPhone } from '../../src/phone/phone-hash.ts'
import { DANA, DANA_HASH, neutral, postCall, ring, transcription, withoutToken } from '../fixtures/webhooks.ts'
import { ADMIN_KEY, build } from '../helper.ts'
import { PASSWORD, postgresServer, sharedPostgres } from '../postgres.ts'
import { factsOf } from '../stored.ts'

const server = await sharedPostgres()

const prompt = async (app: FastifyInstance) =>
  (await ring(app)).json().conversation_config_override.agent.prompt.prompt as string

async function addFact (app: FastifyInstance, fact: string) {
  return await app.inject({ method: 'POST', url: `/api/memory/${DANA_HASH}`, headers: { authorization: `Bearer ${ADMIN_KEY}` }, payload: { fact } })
}

/** Every route's answer while the database is away. */
async function answersWhileAway (app: FastifyInstance) {
  const called = await ring(app, { conversation_id: 'conv_away' })
  const others = [
    await addFact(app, 'lost'),
    await postCall(app, await transcription(), new Date()),
    await app.inject('/health/ready')
  ]
  return { called, others }
}

t.test('the memory lies in the database of DATABASE_URL, and DATA_DIR is not touched', async (t) => {
  const DATABASE_URL = await server.newDatabase()
  const app = await build(t, { DATABASE_URL })
  t.equal((await addFact(app, 'likes tea')).statusCode, 200)
  t.match((await app.inject('/health/ready')).json().warnings, [/CALLER_TOKEN_KEY is not set: with DATABASE_URL, the tools are off/])
  t.strictSame(await readdir(app.config.DATA_DIR), [])
  await app.close()

  const again = await build(t, { DATABASE_URL, CALLER_TOKEN_KEY: Buffer.alloc(32, 7).toString('base64') })

  t.strictSame((await again.inject('/health/ready')).json().warnings, [])

  t.match(await prompt(again), /likes tea/)
  t.match(again.lines.find(({ driver }) => driver === 'postgresql'), { level: 30, host: '127.0.0.1', port: server.port, database: /^bridge_/ })
  t.notMatch(JSON.stringify([app.lines, again.lines]), new RegExp(`${PASSWORD}|bridge:`))
})

t.test('a database that is away at start costs neutral answers, and everything works when it has come', async (t) => {
  const other = await postgresServer(t, { isUp: false })
  const app = await build(t, { DATABASE_URL: other.url('postgres') })
  await app.ready()

  const { called, others } = await answersWhileAway(app)
  t.equal(called.statusCode, 200)
  t.strictSame(withoutToken(called.json()), neutral(called.json().user_id))
  t.strictSame(others.map(({ statusCode, headers }) => [statusCode, headers['retry-after']]), [[503, '5'], [503, '5'], [503, '5']])
  await other.start()

  t.equal((await addFact(app, 'likes tea')).statusCode, 200)
  t.match(await prompt(app), /This is call number 1[^]*likes tea/)
  t.equal((await postCall(app, await transcription(), new Date())).statusCode, 200)
  t.equal((await app.inject('/health/ready')).statusCode, 200)
  for (let n = 0; n < 100 && app.lines.every(({ msg }) => msg !== 'the storage can be used now'); n++) await sleep(100)
  t.match(app.lines.filter(({ msg }) => /^the storage can/.test(String(msg))), [
    { level: 50, msg: /cannot be used yet/, err: { message: /cannot be used/ } }, { level: 30, msg: 'the storage can be used now' }
  ])
  t.notMatch(JSON.stringify(app.lines), new RegExp(`${PASSWORD}|bridge:`))
})

t.test('a database that goes away and comes back costs what happened meanwhile, and nothing else', async (t) => {
  const other = await postgresServer(t)
  const app = await build(t, { DATABASE_URL: other.url('postgres') })
  t.equal((await addFact(app, 'likes tea')).statusCode, 200)

  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    await Promise.all(Array.from({ length: 20 }, (_, n) => app.store.load(hashPhone(`+1555010${1000 + n}`))))
    await other.stop(signal)
    // Longer than anything is kept in memory.
    await sleep(1050)
    const { called, others } = await answersWhileAway(app)
    t.strictSame(withoutToken(called.json()), neutral(called.json().user_id), signal)
    t.strictSame(others.map(({ statusCode, headers }) => [statusCode, headers['retry-after']]), [[503, '5'], [503, '5'], [503, '5']])
    await other.start()
    t.match(await prompt(app), /likes tea/)
    t.equal((await addFact(app, `back after ${signal}`)).statusCode, 200)
  }

  t.strictSame(await factsOf(app.store, DANA_HASH), ['likes tea', 'back after SIGINT', 'back after SIGQUIT'])
  t.ok(app.lines.some(({ level, msg }) => level === 40 && msg === 'a connection to the database was lost'))
  t.notMatch(JSON.stringify(app.lines), new RegExp(`${PASSWORD}|bridge:`))
})

t.test('a statement that hangs does not delay the answer past its deadline', async (t) => {
  const DATABASE_URL = await server.newDatabase()
  const app = await build(t, { DATABASE_URL, PERSONALIZE_TIMEOUT_MS: '300' })
  await addFact(app, 'likes tea')
  const other = new pg.Client(DATABASE_URL)
  await other.connect()
  t.teardown(() => other.end())
  for (const [what, lock] of [['a row', 'SELECT * FROM callers FOR UPDATE'], ['a table', 'LOCK TABLE callers'], ['everything', 'LOCK TABLE callers, documents']] as const) {
    await other.query(`BEGIN; ${lock}`)
    const times: number[] = []
    for (let attempt = 0; attempt < 2; attempt++) {
      const started = performance.now()
      const res = await ring(app, { conversation_id: `conv ${what}` })
      times.push(performance.now() - started)
      t.strictSame([res.statusCode, withoutToken(res.json())], [200, neutral(res.json().user_id)], what)
    }
    const ms = Math.min(...times)
    t.ok(ms >= 290 && ms < 1000, `${what}: after ${Math.round(ms)} ms`)
    t.match(app.lines.findLast(({ msg }) => msg === 'call start'), { outcome: 'timeout' })
    await other.query('COMMIT')
    await sleep(1050)
  }

  t.match(await prompt(app), /likes tea/)
  // Those that waited for the locks follow when they can.
  const counted = async () => activeRecord(await app.store.load(hashPhone(DANA)))?.call_count
  for (let tries = 0; tries < 100 && await counted() !== 4; tries++) await sleep(50)
  t.equal(await counted(), 4, 'the calls were recorded, once each')
})

t.test('a wrong password, database or host does not end the bridge, and no secret is told', async (t) => {
  const good = new URL(await server.newDatabase())
  const wrong = {
    password: Object.assign(new URL(good), { password: 'a-secret-that-is-wrong' }),
    database: Object.assign(new URL(good), { pathname: '/no_such_database' }),
    port: Object.assign(new URL(good), { port: '1' }),
    host: Object.assign(new URL(good), { hostname: 'no-such-host.invalid' }),
    encryption: Object.assign(new URL(good), { search: '?sslmode=verify-full' })
  }
  for (const [what, { href }] of Object.entries(wrong)) {
    const app = await build(t, { DATABASE_URL: href })
    await app.ready()
    const { called, others } = await answersWhileAway(app)
    t.strictSame([called, ...others].map(({ statusCode }) => statusCode), [200, 503, 503, 503], what)
    t.notMatch(JSON.stringify([app.lines, others.map(({ body }) => body)]), new RegExp(`${PASSWORD}|a-secret|bridge:`), what)
    await app.close()
  }
})

t.test('damage is logged as an error, with the row that it went to and no text of the caller', async (t) => {
  const DATABASE_URL = await server.newDatabase()
  const app = await build(t, { DATABASE_URL })
  await addFact(app, 'grows orchids')
  await server.sql(DATABASE_URL, 'UPDATE callers SET record = left(record, -9)')

  const res = await ring(app)

  t.strictSame(withoutToken(res.json()), neutral(res.json().user_id))
  const [{ id } = {}] = await server.sql(DATABASE_URL, 'SELECT id FROM damaged')
  t.match(app.lines.find(({ msg }) => msg === 'a damaged record was quarantined'), { level: 50, row: `damaged/${String(id)}` })
  t.notMatch(JSON.stringify(app.lines), /orchids/)
})
