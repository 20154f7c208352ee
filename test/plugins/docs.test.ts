import t from 'tap'
import { build } from '../helper.ts'

const STYLES = '/docs/static/swagger-ui.css'

t.test('scripts of others are refused on every page', async (t) => {
  const app = await build(t)
  for (const url of ['/docs', '/docs/', '/docs/json', STYLES]) {
    t.match((await app.inject(url)).headers['content-security-policy'], /^default-src 'self';/, url)
  }
})

t.test('files are cached, in parts, and asked for by HEAD', async (t) => {
  const app = await build(t)
  const { headers: { etag = '' }, rawPayload: { length } } = await app.inject(STYLES)
  const known = await app.inject({ url: STYLES, headers: { 'if-none-match': etag } })
  const part = await app.inject({ url: STYLES, headers: { range: 'bytes=0-9' } })
  const head = await app.inject({ method: 'HEAD', url: STYLES })

  t.match(known, { statusCode: 304, body: '', headers: { etag } })
  t.notOk('content-type' in known.headers)
  t.match(part, { statusCode: 206, headers: { 'content-range': `bytes 0-9/${length}`, 'content-length': '10' } })
  t.match(head, { statusCode: 200, body: '', headers: { 'content-length': String(length), 'content-type': 'text/css; charset=utf-8' } })
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
