import t, { type Test } from 'tap'
import { StorageUnavailable } from '../../../src/errors.ts'
import { fakeElevenLabs } from '../../fake-elevenlabs.ts'
import { DANA_HASH } from '../../fixtures/webhooks.ts'
import { AGENT } from '../../helper.ts'
import { fault, operator, SECONDS } from './client.ts'

const WEEK_AGO = SECONDS - 7 * 24 * 60 * 60
const isoOf = (seconds: number) => new Date(seconds * 1000).toISOString()

async function bridge (t: Test, env: Record<string, string> = {}) {
  const fake = await fakeElevenLabs(t, Array.from({ length: 12 }, (_, n) => ({ id: `conv_${n}`, startedAt: WEEK_AGO + 60 * (n + 1) })))
  return { fake, ...await operator(t, { ELEVENLABS_API_BASE_URL: fake.url, ...env }) }
}

t.test('POST /api/backfill', async (t) => {
  t.test('fetches page by page what was missed', async (t) => {
    const { app, ask, fake } = await bridge(t)
    const zero = { added: 0, known: 0, skipped: 0, unfinished: 0, failed: 0 }
    const next = { since: WEEK_AGO, agent: AGENT, cursor: 'after-conv_2' }

    const { status, body } = await ask('POST', '/backfill', { since: isoOf(WEEK_AGO) })
    t.equal(status, 200)
    t.ok(body.progress > 0.99 && body.progress < 1, 'the page reaches nearly back to the beginning')
    t.strictSame(body, { status: 'ok', ...zero, added: 10, since: isoOf(WEEK_AGO), progress: body.progress, next })
    t.strictSame(await ask('POST', '/backfill', { since: null }), { status: 200, body: { status: 'ok', ...zero, added: 2, since: isoOf(WEEK_AGO), progress: 1, next: null } })
    t.strictSame(await ask('POST', '/backfill', { since: null }), { status: 200, body: { status: 'ok', ...zero, since: null, progress: 1, next: null } })
    t.match(await ask('POST', '/backfill', { since: WEEK_AGO }), { body: { added: 0, known: 10, next } }, 'Unix seconds will do')

    t.match((await ask('GET', `/memory/${DANA_HASH}`)).body, { call_count: 12 })
    t.strictSame(app.lines.filter(({ msg }) => msg === 'admin').map(({ route }) => route), Array(4).fill('/api/backfill'))
    t.ok(fake.asked.length > 0)
    t.notMatch(JSON.stringify(app.lines), /Summary of|conv_1|15550100123/)
  })

  t.test('reads an offset of hours only', async (t) => {
    const { ask } = await bridge(t)

    const since = isoOf(WEEK_AGO + 2 * 60 * 60).replace('.000Z', '+02')
    t.match(await ask('POST', '/backfill', { since }), { status: 200, body: { since: isoOf(WEEK_AGO) } })
  })

  t.test('answers 502 when a setting is wrong', async (t) => {
    const { ask } = await bridge(t, { ELEVENLABS_API_KEY: 'a-key-of-somebody-else' })

    t.strictSame(await ask('POST', '/backfill', { since: WEEK_AGO }), fault(502, 'Bad Gateway', 'BRIDGE_ELEVENLABS_REFUSED',
      'ElevenLabs refuses the key (401): check ELEVENLABS_API_KEY, and that it may read conversations'))
  })

  t.test('answers 503 with Retry-After while ElevenLabs does not answer, or the storage fails', async (t) => {
    const { app, ask, fake } = await bridge(t)
    fake.instead = () => ({ status: 429, headers: { 'retry-after': '0' } })
    const res = await app.inject({ method: 'POST', url: '/api/backfill', headers: { authorization: `Bearer ${app.config.ADMIN_API_KEY}` }, payload: { since: WEEK_AGO } })
    t.strictSame([res.statusCode, res.json().code, res.headers['retry-after']], [503, 'BRIDGE_ELEVENLABS_UNAVAILABLE', '5'])

    t.intercept(app.store, 'updateDocument', { value: async () => { throw new StorageUnavailable() } })
    t.match(await ask('POST', '/backfill', { since: WEEK_AGO }), { status: 503, body: { code: 'BRIDGE_STORAGE_UNAVAILABLE' } })
  })

  t.test('wants to know from when on', async (t) => {
    const { ask, fake } = await bridge(t)

    for (const body of [undefined, {}, { since: '' }, { since: '7d' }, { since: '2026-11-15' }, { since: '2026-12-31T23:59:60Z' }, { since: '1969-12-31T23:59:59Z' }, { since: '9999-12-31T23:59:59-01:00' }, { since: -1 }, { since: 1.5 }, { since: null, limit: 1 }]) {
      const { status, body: { code, message } } = await ask('POST', '/backfill', body)
      t.strictSame([status, code], [400, 'BRIDGE_REQUEST_INVALID'], JSON.stringify(body))
      t.match(message, /since|body/)
    }
    t.strictSame(fake.asked, [])
  })
})
