import { EventEmitter, once } from 'node:events'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { ADMIN_KEY, build } from '../helper.ts'

const HASH = 'c'.repeat(64)
const headers = { authorization: `Bearer ${ADMIN_KEY}` }

t.test('a defect answers 500 without its message, on every kind of route', async (t) => {
  const app = await build(t, { WEBHOOK_SECRET: '' })
  const broken = () => { throw new Error('private detail') }
  t.intercept(app.store, 'load', { value: broken })
  t.intercept(app.store, 'update', { value: broken })
  t.intercept(app.store, 'check', { value: broken })

  for (const request of [
    { method: 'GET', url: `/api/memory/${HASH}`, headers },
    { method: 'DELETE', url: `/api/memory/${HASH}`, headers },
    { method: 'GET', url: '/health/ready' }
  ] as const) {
    const res = await app.inject(request)
    t.equal(res.statusCode, 500)
    t.strictSame(res.json(), {
      statusCode: 500, code: 'BRIDGE_INTERNAL', error: 'Internal Server Error', message: 'The bridge failed on this request; its log says why'
    }, request.url)
  }
  t.equal(app.lines.filter(({ err }) => /private detail/.test(JSON.stringify(err))).length, 3, 'the log has it')
  t.notMatch(JSON.stringify(app.lines), new RegExp(HASH), 'without a whole phone hash')
})

t.test('a route that does not exist is 404 in the one form', async (t) => {
  const app = await build(t)
  for (const request of [
    { url: '/' }, { url: '/nowhere' }, { url: '/api/nowhere', headers }, { url: `/api/memory/${HASH}/nowhere`, headers }, { url: '/webhook/nowhere' },
    { url: '/webhook/personalize' }, { method: 'PUT', url: '/health' }, { method: 'OPTIONS', url: '/api/notes' }
  ] as const) {
    const res = await app.inject(request)
    t.equal(res.statusCode, 404)
    t.strictSame(res.json(), { statusCode: 404, code: 'BRIDGE_ROUTE_UNKNOWN', error: 'Not Found', message: 'There is no such route: see /docs' }, request.url)
  }
})

t.test('a URL that cannot be read is 400 in the same form', async (t) => {
  const app = await build(t)
  const res = await app.inject({ url: '/api/memory/%zz', headers })

  t.equal(res.statusCode, 400)
  t.strictSame(Object.keys(res.json()).sort(), ['code', 'error', 'message', 'statusCode'])
})

t.test('a large admin body is 413 in the same form', async (t) => {
  const app = await build(t)
  const res = await app.inject({ method: 'POST', url: '/api/notes', headers, payload: { note: 'x'.repeat(70_000) } })
  t.strictSame(res.json(), { statusCode: 413, code: 'BRIDGE_BODY_TOO_LARGE', error: 'Payload Too Large', message: 'The body is larger than 65536 bytes' })
})

t.test('a forged X-Forwarded-For that is no address breaks nothing', async (t) => {
  const app = await build(t, { TRUST_PROXY: '127.0.0.1' })
  for (const value of ['nonsense, 127.0.0.1', ',,', '::zz', '1.2.3.4, nonsense']) {
    t.equal((await app.inject({ url: '/api/notes', headers: { 'x-forwarded-for': value } })).statusCode, 401, value)
  }
})

t.test('while the bridge closes', async (t) => {
  /** Everything that comes on a connection until it ends. */
  async function answerOn (socket: Socket): Promise<string> {
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk) => { text += chunk })
    await once(socket, 'close')
    return text
  }

  t.test('a request whose head was still on its way is answered', async (t) => {
    const app = await build(t)
    await app.listen({ port: 0, host: '127.0.0.1' })
    const connected = once(app.server, 'connection')
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
    const answer = answerOn(socket)
    socket.write('GET /health HTTP/1.1\r\nHost: bridge\r\n')
    await connected
    await sleep(50)

    const closed = app.close()
    await sleep(50)
    socket.write('\r\n')

    t.match(await answer, /^HTTP\/1\.1 200 OK\r\n[^]*"status":"ok"/)
    await closed
  })

  t.test('a request that is being worked on is answered, and its connection ends', async (t) => {
    const app = await build(t)
    const asked = new EventEmitter()
    let finish = () => {}
    t.intercept(app.store, 'check', {
      value: () => new Promise<void>((resolve) => {
        finish = resolve
        asked.emit('check')
      })
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
    const answer = answerOn(socket)
    const isAsked = once(asked, 'check')
    socket.write('GET /health/ready HTTP/1.1\r\nHost: bridge\r\n\r\n')
    await isAsked

    const closed = app.close()
    await sleep(50)
    finish()

    t.match(await answer, /^HTTP\/1\.1 200 OK\r\n[^]*connection: close\r\n/i)
    await closed
    t.notOk(app.server.listening)
  })
})

t.test('a malformed URL is answered in the one form, and not repeated', async (t) => {
  const app = await build(t)

  const res = await app.inject('/api/memory/%zz+15550100123')

  t.equal(res.statusCode, 400)
  t.strictSame(res.json(), { statusCode: 400, code: 'BRIDGE_REQUEST_INVALID', error: 'Bad Request', message: 'The URL is malformed' })
})
