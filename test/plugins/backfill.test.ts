import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { fakeElevenLabs, type FakeAnswer, type FakeCall } from '../fake-elevenlabs.ts'
import { DANA_HASH } from '../fixtures/webhooks.ts'
import { build } from '../helper.ts'

const NOW = new Date('2026-11-22T09:30:00.000Z')
const secondsAgo = (days: number) => NOW.getTime() / 1000 - days * 24 * 60 * 60

async function started (
  t: Test,
  calls: FakeCall[],
  env: Record<string, string> = {},
  instead: (asked: string) => FakeAnswer | null = () => null
) {
  const fake = await fakeElevenLabs(t, calls)
  fake.instead = instead
  const app = await build(t, { ELEVENLABS_API_BASE_URL: fake.url, BACKFILL: 'true', ...env }, { now: () => NOW })
  await app.ready()
  return { app, fake }
}

const linesOf = ({ lines }: Awaited<ReturnType<typeof build>>) => lines.filter(({ msg }) => /missed calls|own numbers/.test(String(msg)))

async function untilLogged (app: Awaited<ReturnType<typeof build>>, count = 1) {
  while (linesOf(app).length < count) await sleep(5)
}

t.test('with BACKFILL the calls of the last seven days are fetched after the start', async (t) => {
  const { app } = await started(t, [{ id: 'conv_old', startedAt: secondsAgo(7.1) }, { id: 'conv_1', startedAt: secondsAgo(6.9) }, { id: 'conv_2', startedAt: secondsAgo(1) }])
  await untilLogged(app)

  t.match((await app.store.load(DANA_HASH)).record, { calls: [{ conversation_id: 'conv_1' }, { conversation_id: 'conv_2' }] })
  t.match(linesOf(app), [{ level: 30, added: 2, known: 0, skipped: 0, unfinished: 0, failed: 0 }])
})

t.test('without it ElevenLabs is not asked', async (t) => {
  const { app, fake } = await started(t, [{ id: 'conv_1', startedAt: secondsAgo(1) }], { BACKFILL: 'false' })
  await sleep(100)
  await app.close()
  t.strictSame(fake.asked, [])
})

t.test('a wrong key is logged, and the bridge runs', async (t) => {
  const { app } = await started(t, [], { ELEVENLABS_API_KEY: 'a-key-of-somebody-else' })
  await untilLogged(app)

  t.match(linesOf(app), [{ level: 50, err: { code: 'BRIDGE_ELEVENLABS_REFUSED', message: /ELEVENLABS_API_KEY/ } }])
  t.notMatch(JSON.stringify(app.lines), /somebody-else/)
  t.equal((await app.inject('/health')).statusCode, 200)
})

t.test('neither start nor stop waits for an ElevenLabs that hangs, nor for one that asks to wait', async (t) => {
  for (const answer of [{ afterMs: Infinity }, { status: 429, headers: { 'retry-after': '60' } }]) {
    const { app, fake } = await started(t, [], {}, () => answer)
    while (fake.asked.length === 0) await sleep(5)
    const began = performance.now()
    await app.close()

    t.ok(performance.now() - began < 5000)
    t.strictSame(app.lines.filter(({ level }) => Number(level) >= 50), [], 'a stop is no failure')
  }
})

t.test('a page that is asked for ends with a stop, too', async (t) => {
  const { app, fake } = await started(t, [], { BACKFILL: 'false' }, () => ({ afterMs: Infinity }))
  const page = app.backfill(0)
  const refused = t.rejects(page, { code: 'BRIDGE_ELEVENLABS_UNAVAILABLE', message: /the bridge is stopping/ })
  while (fake.asked.length === 0) await sleep(5)
  await app.close()
  await refused
})

t.test('a record under one of our own numbers is reported when the number is learnt here', async (t) => {
  const { app } = await started(t, [{ id: 'conv_1', startedAt: secondsAgo(1), change: (data) => { data.metadata.phone_call.agent_number = '+15550100123'; data.metadata.phone_call.external_number = '+15550100199' } }], { BACKFILL: 'false' })
  await app.store.update(
    DANA_HASH,
    (caller) => ({ caller: { ...caller, record: { phone_hash: DANA_HASH, remember: false } }, result: null })
  )
  await app.backfill(0)
  t.match(linesOf(app), [{ level: 40, caller: DANA_HASH.slice(0, 8) }])
})
