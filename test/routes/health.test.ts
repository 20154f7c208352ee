import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { StorageUnavailable } from '../../src/errors.ts'
import { DANA, DANA_HASH, transcription } from '../fixtures/webhooks.ts'
import { ADMIN_KEY, AGENT, build } from '../helper.ts'

const now = () => new Date('2026-11-22T09:30:00.000Z')

t.test('GET /health', async (t) => {
  t.test('says that the process is up, and when it is', async (t) => {
    const app = await build(t, {}, { now })

    const res = await app.inject('/health')

    t.equal(res.statusCode, 200)
    t.strictSame(res.json(), { status: 'ok', timestamp: '2026-11-22T09:30:00.000Z', bridge_id: res.json().bridge_id })
  })

  t.test('answers with any clock, and so does all else', async (t) => {
    const clocks: Array<[clock: Date, shown: string]> = [
      [new Date('+010000-01-01T00:00:00.000Z'), '9998-12-31T23:59:59.999Z'],
      [new Date(8.64e15), '9998-12-31T23:59:59.999Z'],
      [new Date(-8.64e15), '1970-01-01T00:00:00.000Z'],
      [new Date(NaN), '1970-01-01T00:00:00.000Z']
    ]
    for (const [clock, shown] of clocks) {
      await t.test(String(clock.getTime()), async (t) => {
        const app = await build(t, { WEBHOOK_SECRET: '', RETENTION_DAYS: '30' }, { now: () => clock })
        const headers = { authorization: `Bearer ${ADMIN_KEY}` }
        const event = await transcription()
        const number = { agent_id: AGENT, caller_id: DANA, conversation_id: event.data.conversation_id }
        const statuses = []
        for (const [url, payload] of [
          [`/api/memory/${DANA_HASH}`, { fact: 'Likes tea' }], ['/api/notes', { note: 'Closed at noon', expires_at: '9999-12-24T18:00:00Z' }],
          ['/webhook/personalize', number], ['/webhook/post-call', event], ['/api/preview', { phone_hash: DANA_HASH }], ['/api/sweep', { confirm: true }]
        ] as const) statuses.push((await app.inject({ method: 'POST', url, headers, payload })).statusCode)

        t.match((await app.inject('/health')).json(), { status: 'ok', timestamp: shown, bridge_id: /^[0-9a-f-]{36}$/ })
        t.match((await app.inject('/health/ready')).json(), { status: 'ok', timestamp: shown })
        t.strictSame(statuses, Array(6).fill(200))
        t.match((await app.inject({ url: `/api/memory/${DANA_HASH}`, headers })).json(), { created_at: shown, facts: [{ text: 'Likes tea' }], calls: { length: 1 } })
        while (!app.lines.some(({ msg }) => msg === 'a sweep is finished')) await sleep(5)
        t.strictSame(app.lines.filter(({ level }) => Number(level) >= 50), [])
      })
    }
  })
})

t.test('GET /health/ready', async (t) => {
  t.test('is 200 while data can be written', async (t) => {
    const app = await build(t, {}, { now })

    const res = await app.inject('/health/ready')

    t.strictSame(res.json(), {
      status: 'ok',
      timestamp: '2026-11-22T09:30:00.000Z',
      warnings: [],
      unrecorded_calls: 0,
      closed_connections: 0,
      circuits: { model: 'closed', elevenlabs: 'closed' }
    })
  })

  t.test('is 503 while it cannot', async (t) => {
    const app = await build(t, {}, { now })
    t.intercept(app.store, 'check', { value: async () => { throw new StorageUnavailable() } })

    const res = await app.inject('/health/ready')

    t.equal(res.statusCode, 503)
    t.match(res.json(), { code: 'BRIDGE_STORAGE_UNAVAILABLE' })
    t.ok(res.headers['retry-after'])
  })

  t.test('shows that the webhooks are open to the network', async (t) => {
    const app = await build(t, { WEBHOOK_SECRET: '', HOST: '0.0.0.0' })

    const res = await app.inject('/health/ready')

    t.match(res.json().warnings, [/WEBHOOK_SECRET is not set/])
    t.ok(app.lines.some((line) => line['level'] === 50 && /WEBHOOK_SECRET/.test(String(line['msg']))))
  })
})
