import t from 'tap'
import { StorageUnavailable } from '../../src/errors.ts'
import { build } from '../helper.ts'

const now = () => new Date('2026-11-22T09:30:00.000Z')

t.test('GET /health', async (t) => {
  t.test('says that the process is up, and when it is', async (t) => {
    const app = await build(t, {}, { now })

    const res = await app.inject('/health')

    t.equal(res.statusCode, 200)
    t.strictSame(res.json(), { status: 'ok', timestamp: '2026-11-22T09:30:00.000Z' })
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
