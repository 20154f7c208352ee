import t from 'tap'
import { build } from '../helper.ts'

const WARN = 40
const ERROR = 50

t.test('open webhooks', async (t) => {
  const cases: Array<[what: string, env: Record<string, string>, level: number | null, open: RegExp | null]> = [
    ['are reported as an error when the network reaches them', { HOST: '0.0.0.0', WEBHOOK_SECRET: '' }, ERROR, /post-call and \/webhook\/personalize are open/],
    ['are reported so on any address', { HOST: '192.0.2.1', WEBHOOK_SECRET: '' }, ERROR, /192\.0\.2\.1/],
    ['are warned of on loopback', { HOST: '127.0.0.1', WEBHOOK_SECRET: ',' }, WARN, /post-call and \/webhook\/personalize are open/],
    ['are only one when there is a header secret', { HOST: '0.0.0.0', WEBHOOK_SECRET: '', WEBHOOK_HEADER_SECRET: 'a-header-secret-here' }, ERROR, /: \/webhook\/post-call is open/],
    ['are none with a secret', { HOST: '0.0.0.0', WEBHOOK_SECRET: 'a-webhook-secret-here' }, null, null]
  ]
  for (const [what, env, level, open] of cases) {
    t.test(what, async (t) => {
      const app = await build(t, env)
      const reported = app.lines.filter(({ msg }) => /(is|are) open to anyone/.test(String(msg)))

      t.strictSame(reported.map((line) => line['level']), level === null ? [] : [level])
      if (open !== null) t.match(reported[0]?.['msg'], open)
      t.strictSame((await app.inject('/health/ready')).json().warnings, level === ERROR ? [reported[0]?.['msg']] : [])
    })
  }
})

t.test('readiness is refused when the storage takes longer than two seconds', async (t) => {
  const app = await build(t)
  t.intercept(app.store, 'check', { value: () => new Promise(() => {}) })
  const started = Date.now()

  const res = await app.inject('/health/ready')

  t.strictSame([res.statusCode, res.json().code], [503, 'BRIDGE_STORAGE_UNAVAILABLE'])
  t.ok(Date.now() - started < 4000)
})

t.test('however often anybody asks, the storage is looked at once a second', async (t) => {
  const app = await build(t)
  let looks = 0
  t.intercept(app.store, 'check', { value: async () => { looks++ } })

  await Promise.all(Array.from({ length: 50 }, () => app.inject('/health/ready')))

  t.equal(looks, 1)
})
