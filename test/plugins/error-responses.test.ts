import createError from '@fastify/error'
import Fastify, { LogController } from 'fastify'
import t, { type Test } from 'tap'
import errorAnswers from '../../plugins/error-responses.ts'
import strangerLog from '../../plugins/stranger-log.ts'
import { RecordDamaged, StorageUnavailable, WebhookRefused } from '../../src/errors.ts'

/** A server whose one route throws what it is given. */
function throwing (t: Test, thrown: () => unknown) {
  const lines: Array<Record<string, unknown>> = []
  const app = Fastify({
    logger: { stream: { write: (line: string) => { lines.push(JSON.parse(line)) } } },
    logController: new LogController({ disableRequestLogging: true })
  })
  t.teardown(() => app.close())
  app.register(strangerLog)
  app.register(errorAnswers)
  app.register(async (scope) => scope.get('/throw/:what', async () => { throw thrown() }))
  return { app, lines }
}

const INTERNAL = { statusCode: 500, code: 'BRIDGE_INTERNAL', error: 'Internal Server Error', message: 'The bridge failed on this request; its log says why' }

t.test('what only we can mend never shows', async (t) => {
  const cases: Array<[what: string, thrown: unknown]> = [
    ['a plain error', new Error('private detail')],
    ['an error with a code', Object.assign(new Error('private detail'), { code: 'ENOENT', path: '/private/detail' })],
    ['an error with a status above 500', Object.assign(new Error('private detail'), { statusCode: 502 })],
    ['another package\'s 500', createError('FST_ERR_ANY', 'private detail', 500)()],
    ['a text', 'private detail']
  ]
  for (const [what, thrown] of cases) {
    t.test(what, async (t) => {
      const { app, lines } = throwing(t, () => thrown)
      const res = await app.inject('/throw/it')

      t.equal(res.statusCode, 500)
      t.strictSame(res.json(), INTERNAL)
      t.notMatch(JSON.stringify(res.headers), /private/)
      t.match(lines, [{ level: 50, route: '/throw/:what', msg: 'a request failed' }])
      t.match(JSON.stringify(lines), /private detail/, 'the log has it')
    })
  }
})

t.test('what a client can mend is told, and not logged as a failure', async (t) => {
  const { app, lines } = throwing(t, () => createError('FST_ERR_ANY', 'mend this', 422)())
  const res = await app.inject('/throw/it')

  t.strictSame(res.json(), { statusCode: 422, code: 'FST_ERR_ANY', error: 'Unprocessable Entity', message: 'mend this' })
  t.strictSame(lines, [])
})

t.test('a failed storage is 503, with when to try again, and its cause for the log alone', async (t) => {
  const { app, lines } = throwing(t, () => new StorageUnavailable({ cause: new Error('private detail') }))
  const res = await app.inject('/throw/it')

  t.strictSame([res.statusCode, res.headers['retry-after']], [503, '5'])
  t.strictSame(res.json(), {
    statusCode: 503, code: 'BRIDGE_STORAGE_UNAVAILABLE', error: 'Service Unavailable', message: 'The storage cannot be used at the moment: try again later'
  })
  t.match(JSON.stringify(lines), /private detail/)
})

t.test('a damaged record is 503, too', async (t) => {
  const res = await throwing(t, () => new RecordDamaged('some.json')).app.inject('/throw/it')
  t.match(res.json(), { statusCode: 503, code: 'BRIDGE_RECORD_DAMAGED' })
})

t.test('an unknown route is 404 in the same form', async (t) => {
  const res = await throwing(t, () => null).app.inject({ method: 'POST', url: '/nowhere' })
  t.strictSame(res.json(), { statusCode: 404, code: 'BRIDGE_ROUTE_UNKNOWN', error: 'Not Found', message: 'There is no such route: see /docs' })
})

t.test('a refused webhook is logged with the reason, a refused admin request is not', async (t) => {
  const { app, lines } = throwing(t, () => new WebhookRefused('The header X-Webhook-Secret is missing'))
  app.register(async (scope) => scope.get('/webhook', { config: { webhook: { acceptsHeader: true, maxBytes: 1, maxAudioBytes: null } } }, async () => {
    throw new WebhookRefused('The header X-Webhook-Secret is missing')
  }))

  t.equal((await app.inject('/throw/it')).statusCode, 401)
  t.strictSame(lines, [])
  t.equal((await app.inject('/webhook')).statusCode, 401)
  t.match(lines, [{ level: 40, code: 'BRIDGE_WEBHOOK_REFUSED', reason: 'The header X-Webhook-Secret is missing', route: '/webhook' }])
})
