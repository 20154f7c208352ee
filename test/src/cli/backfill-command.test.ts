/** `backfill`, as a process: on the data itself, and through the bridge that has it open. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { backfillCommand } from '../../../src/cli/backfill-command.ts'
import { readSettings, storedChecks } from '../../../src/cli/parts.ts'
import type { Shell } from '../../../src/cli/shell.ts'
import { ELEVENLABS_KEY, fakeElevenLabs } from '../../fake-elevenlabs.ts'
import { DANA_HASH } from '../../fixtures/webhooks.ts'
import { freePort } from '../../free-port.ts'
import { testEnv } from '../../helper.ts'
import { run, serve, start } from './command.ts'

/** Thirty calls of Dana's in the last hours, and settings that lead there. */
async function missed (t: Test) {
  const env = testEnv(t)
  const nowSeconds = Math.floor(Date.now() / 1000)
  const fake = await fakeElevenLabs(t, Array.from({ length: 30 }, (_, n) => ({ id: `conv_${n}`, startedAt: nowSeconds - 60 * (60 - n) })))
  const record = () => JSON.parse(readFileSync(join(env['DATA_DIR']!, 'callers', DANA_HASH.slice(0, 2), `${DANA_HASH}.json`), 'utf8'))
  return { fake, record, env: { ...env, ELEVENLABS_API_BASE_URL: fake.url } }
}

t.test('fetches what was missed, once', async (t) => {
  const { env, fake, record } = await missed(t)
  fake.calls.push({ id: 'conv_w', startedAt: Math.floor(Date.now() / 1000) - 600, caller: 'anonymous' }, { id: 'conv_now', startedAt: Math.floor(Date.now() / 1000) - 5, status: 'in-progress' })

  t.match(await run(t, ['backfill', '--since', '2h'], env), {
    code: 0, out: '', err: /^30 calls added, 0 already known, 1 not remembered \(no phone number, opted out or erased\), 1 still going on\.\n$/
  })
  t.match(record(), { call_count: 30 })
  t.match(await run(t, ['backfill'], env), { code: 0, err: /^0 calls added, 30 already known/ })
  t.match(record(), { call_count: 30 })
  t.match(await run(t, ['backfill', '--since', '0h'], env), { code: 0, err: /^0 calls added, 0 already known/ })
})

t.test('goes through a running bridge', async (t) => {
  const { env, record } = await missed(t)
  const { port, stop } = await serve(t, env)

  t.match(await run(t, ['backfill', '--since', '7d'], { ...env, PORT: String(port), ELEVENLABS_API_BASE_URL: 'http://127.0.0.1:1' }), {
    code: 0, out: '', err: /^30 calls added, 0 already known, 0 not remembered \(.*\), 0 still going on\.\n$/
  })
  t.match(record(), { call_count: 30 })
  await stop()
})

t.test('Ctrl+C ends it with 130, and the next one goes on', async (t) => {
  const { env, fake, record } = await missed(t)
  const { child, ended } = start(t, ['backfill', '--since', '2h'], env)
  fake.instead = (asked) => {
    if (asked !== 'get conv_15') return null
    child.kill('SIGINT')
    return { afterMs: Infinity }
  }
  t.match(await ended, { code: 130, err: /Interrupted\.\n$/ })
  t.match(record(), { call_count: 15 })
  fake.instead = () => null
  fake.asked.length = 0

  t.match(await run(t, ['backfill', '--since', '1h'], env), { code: 0, err: /^Resumed an interrupted run, which fetches calls since \d{4}.*\.\n15 calls added, 5 already known/ })
  t.notOk(fake.asked.includes('get conv_29'))
  t.match(record(), { call_count: 30 })
})

t.test('what cannot be read is counted, and ends it with 3', async (t) => {
  const { env, fake } = await missed(t)
  fake.calls[4]!.isGone = true
  fake.calls[5]!.isGone = true

  t.match(await run(t, ['backfill'], env), { code: 3, err: /^(a missed call could not be recorded: conv_[45]: .*\n){2}28 calls added,.*\n2 calls could not be read/ })
})

t.test('a wrong key ends it with 1 and says so, without the key', async (t) => {
  const { env } = await missed(t)
  const wrong = { ...env, ELEVENLABS_API_KEY: `${ELEVENLABS_KEY}-of-somebody-else` }

  const { code, err } = await run(t, ['backfill'], wrong)
  t.equal(code, 1)
  t.match(err, /^ElevenLabs refuses the key \(401\): check ELEVENLABS_API_KEY/)
  t.notMatch(err, ELEVENLABS_KEY)

  const { port } = await serve(t, wrong)
  t.match(await run(t, ['backfill'], { ...env, PORT: String(port) }), { code: 1, err: /^The bridge at http:.* refuses \(502\): ElevenLabs refuses the key/ })
})

t.test('an ElevenLabs that cannot be reached ends it soon with 1, and one line says so', async (t) => {
  const env = { ...testEnv(t), ELEVENLABS_API_BASE_URL: `http://127.0.0.1:${await freePort()}` }
  const line = /ElevenLabs is not available at the moment \(the connection failed, ECONNREFUSED\): try again later; what was done is kept\n$/

  const { code, err, waits } = await run(t, ['backfill'], env)
  t.strictSame([code, waits], [1, [1000]])
  t.match(err, line)
  t.equal(err.split('\n').length, 2, 'without a stack')

  const { port } = await serve(t, env)
  const through = await run(t, ['backfill'], { ...env, PORT: String(port) })
  t.strictSame([through.code, through.waits], [1, []], 'through a bridge, which has tried twice, too')
  t.match(through.err, line)
  t.match(through.err, /^The bridge at http:\S+ refuses \(503\): [^\n]+\n$/)
})

t.test('shows that it has begun before ElevenLabs answers', async (t) => {
  const { env, fake } = await missed(t)
  const shown: Array<[progress: number, detail: string]> = []
  const { signal } = new AbortController()
  const shell: Shell = {
    env,
    config: await readSettings(env),
    checks: storedChecks(),
    now: () => new Date(),
    output: process.stdout,
    print () {},
    questions: null,
    say () {},
    withProgress: async (_label, work) => await work((...what) => { shown.push(what) }),
    wait: async () => {},
    readLine: async () => '',
    signal
  }
  fake.instead = () => {
    t.strictSame(shown, [[0, '0 calls added']])
    return { status: 401 }
  }
  await t.rejects(backfillCommand(shell, { since: 0 }), { code: 'BRIDGE_ELEVENLABS_REFUSED' })
  t.equal(fake.asked.length, 1)
})

t.test('a time that cannot be read is a wrong argument', async (t) => {
  for (const since of ['yesterday', '7', '2100-01-01']) {
    t.match(await run(t, ['backfill', '--since', since], testEnv(t)), { code: 2, out: '', err: /^error: .*'--since <when>'.*7d, 12h/ })
  }
})
