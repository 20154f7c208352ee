import { once } from 'node:events'
import { connect } from 'node:net'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import { build } from '../helper.ts'

const STYLES = '/docs/static/swagger-ui.css'

t.test('scripts of others are refused on every page', async (t) => {
  const app = await build(t)
  for (const url of ['/docs', '/docs/', '/docs/json', STYLES]) {
    t.match((await app.inject(url)).headers['content-security-policy'], /^default-src 'self';/, url)
  }
})

t.test('pages are sent compressed, not at all to whoever has them, and without a body for HEAD', async (t) => {
  const app = await build(t)
  const { headers: { etag = '' }, rawPayload } = await app.inject(STYLES)
  const known = await app.inject({ url: STYLES, headers: { 'if-none-match': `"other", ${etag}` } })
  const gzipped = await app.inject({ url: STYLES, headers: { 'accept-encoding': 'gzip, br' } })
  const head = await app.inject({ method: 'HEAD', url: STYLES })

  t.match(known, { statusCode: 304, body: '', headers: { etag } })
  t.match(gzipped.headers, { 'content-encoding': 'gzip', 'content-length': String(gzipped.rawPayload.length), etag })
  t.ok(gzipped.rawPayload.length < rawPayload.length / 4, 'it is much smaller')
  t.strictSame(gunzipSync(gzipped.rawPayload), rawPayload)
  t.match(head, {
    statusCode: 200,
    body: '',
    headers: { 'content-length': String(rawPayload.length), 'content-type': 'text/css; charset=utf-8' }
  })
})

t.test('each page is made once', async (t) => {
  const app = await build(t)
  await app.ready()
  const document = app.swagger()
  let made = 0
  Object.assign(app, {
    swagger () {
      made++
      return document
    }
  })
  await Promise.all(Array.from({ length: 20 }, () => app.inject('/docs/json')))

  t.equal(made, 1)
})

t.test('requests that are broken off make no page again, and log nothing', async (t) => {
  const app = await build(t)
  const url = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  await app.inject('/docs/json')
  let made = 0
  const document = app.swagger()
  Object.assign(app, { swagger: () => { made++; return document } })
  for (let n = 0; n < 20; n++) {
    const socket = connect(Number(url.port), url.hostname)
    await once(socket, 'connect')
    socket.write('GET /docs/json HTTP/1.1\r\nHost: bridge\r\n\r\n'.repeat(2))
    await new Promise(setImmediate)
    socket.resetAndDestroy()
    await once(socket, 'close')
  }
  await app.inject('/docs/json')

  t.equal(made, 0)
  t.strictSame(app.lines.filter(({ level, msg }) => Number(level) >= 40 && /response|request/.test(String(msg))), [])
})

t.test('DOCS=off takes them away', async (t) => {
  const app = await build(t, { DOCS: 'off' })
  for (const url of ['/docs', '/docs/', '/docs/json', STYLES]) {
    t.match((await app.inject(url)).json(), { statusCode: 404, code: 'BRIDGE_ROUTE_UNKNOWN' }, url)
  }
})

t.test('the first requests may come together', async (t) => {
  const app = await build(t)
  const answers = await Promise.all(['/docs/', '/docs/json', '/docs/yaml', STYLES].map((url) => app.inject(url)))

  t.strictSame(answers.map(({ statusCode }) => statusCode), [200, 200, 200, 200])
  t.match(answers[2]?.body, /^openapi: 3\.1\.0\n/)
})

t.test('what is not there is 404 in the one form', async (t) => {
  const app = await build(t)
  for (const url of ['/docs/nothing', '/docs/static/nothing.js', '/docs/static/..%2fpackage.json']) {
    t.match((await app.inject(url)).json(), { statusCode: 404, code: 'BRIDGE_ROUTE_UNKNOWN', message: 'There is no such route: see /docs' }, url)
  }
  t.strictSame(app.lines.filter(({ level }) => Number(level) > 40), [])
})

t.test('the rules of the app hold: origins, and no line for a request', async (t) => {
  const origin = 'https://admin.example'
  const app = await build(t, { ALLOWED_ORIGINS: origin })
  const res = await app.inject({ url: '/docs/json', headers: { origin } })

  t.equal(res.headers['access-control-allow-origin'], origin)
  t.notMatch(JSON.stringify(app.lines), /request/)
})
