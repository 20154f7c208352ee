import t from 'tap'
import { MAX_FAILURES } from '../../plugins/admin-guard.ts'
import { ADMIN_KEY, build } from '../helper.ts'

type App = Awaited<ReturnType<typeof build>>

const HASH = 'a'.repeat(64)
const right = { authorization: `Bearer ${ADMIN_KEY}` }
const wrong = { authorization: 'Bearer wrong' }
const json = { ...right, 'content-type': 'application/json' }
const url = `/api/memory/${HASH}`

/** Every operation of the document, with its parameters filled in. */
async function operations (app: App) {
  await app.ready()
  return Object.entries(app.swagger().paths ?? {}).flatMap(([path, item]) => Object.keys(item ?? {}).map((method) => ({
    method: method.toUpperCase() as 'GET', url: path.replace('{phone_hash}', HASH).replace(/\{\w+\}/g, 'some-id'), isAdmin: path.startsWith('/api')
  })))
}

t.test('without ADMIN_API_KEY', async (t) => {
  t.test('every admin route is 403, whatever is sent', async (t) => {
    const app = await build(t, { ADMIN_API_KEY: '' })
    const admin = (await operations(app)).filter(({ isAdmin }) => isAdmin)

    t.ok(admin.length >= 12)
    for (const { method, url } of admin) {
      const res = await app.inject({ method, url, headers: { authorization: 'Bearer undefined' } })
      t.strictSame([res.statusCode, res.json().code], [403, 'BRIDGE_ADMIN_DISABLED'], `${method} ${url}`)
    }
  })
})

t.test('with ADMIN_API_KEY', async (t) => {
  t.test('every admin route is 401 without the key and with a wrong one', async (t) => {
    const app = await build(t)
    for (const { method, url } of (await operations(app)).filter(({ isAdmin }) => isAdmin)) {
      for (const headers of [{}, wrong]) {
        const res = await app.inject({ method, url, headers })
        t.strictSame([res.statusCode, res.json().code, res.headers['www-authenticate']], [401, 'BRIDGE_ADMIN_REFUSED', 'Bearer'], `${method} ${url}`)
      }
    }
  })

  t.test('wrong keys are logged once a minute and address, with a count and without the key', async (t) => {
    const app = await build(t)
    for (let n = 0; n < 5; n++) await app.inject({ url: '/api/notes', headers: { authorization: 'Bearer my-wrong-key' } })
    await app.inject({ url: '/api/notes' })
    const lines = () => app.lines.filter(({ msg }) => msg === 'a wrong admin key was refused')

    t.match(lines(), [{ level: 40, address: '127.0.0.1' }])
    app.strangerLog.flush()
    t.match(lines(), [{}, { address: '127.0.0.1', repeats: 4 }])
    t.equal(lines().length, 2)
    t.notMatch(JSON.stringify(app.lines), 'my-wrong-key')
  })

  t.test('nothing else ever asks for it', async (t) => {
    const app = await build(t, { WEBHOOK_SECRET: '', ADMIN_API_KEY: '' })
    const others = (await operations(app)).filter(({ isAdmin }) => !isAdmin)

    t.equal(others.length, 8)
    for (const { method, url } of [...others, { method: 'GET' as const, url: '/docs/json' }]) {
      const res = await app.inject({ method, url, ...(url.startsWith('/webhook') ? { payload: {} } : {}) })
      // The tools ask for a caller token.
      t.equal(res.statusCode, url.startsWith('/tools/') ? 401 : 200, `${method} ${url}`)
    }
  })

  t.test('the scheme is taken in any case, the key in its own', async (t) => {
    const app = await build(t)
    const status = async (authorization: string) => (await app.inject({ url: '/api/notes', headers: { authorization } })).statusCode

    for (const scheme of ['Bearer ', 'bearer ', 'BEARER ', 'Bearer   ']) t.equal(await status(scheme + ADMIN_KEY), 200, scheme)
    for (const header of [ADMIN_KEY, `Basic ${ADMIN_KEY}`, `Bearer ${ADMIN_KEY.toUpperCase()}`, `Bearer ${ADMIN_KEY}x`, 'Bearer ', `Bearer${ADMIN_KEY}`]) {
      t.equal(await status(header), 401, header)
    }
  })

  t.test('a request without it is refused before its body is read', async (t) => {
    const app = await build(t)
    const broken = { method: 'POST', url: '/api/notes', payload: '{"broken', headers: { 'content-type': 'application/json' } } as const
    const large = { ...broken, payload: 'x'.repeat(100_000) }

    t.equal((await app.inject(broken)).statusCode, 401)
    t.equal((await app.inject(large)).statusCode, 401)
    t.equal((await app.inject({ ...broken, headers: { ...broken.headers, ...right } })).statusCode, 400)
    t.equal((await app.inject({ ...large, headers: { ...broken.headers, ...right } })).statusCode, 413)
  })
})

t.test('failed attempts', async (t) => {
  async function fail (app: App, times: number, remoteAddress: string, headers: Record<string, string> = wrong) {
    let last
    for (let i = 0; i < times; i++) last = await app.inject({ url: '/api/notes', headers, remoteAddress })
    return last!
  }

  t.test('above 60 a minute from one address are 429, other addresses and the right key are not', async (t) => {
    const app = await build(t)

    t.equal((await fail(app, MAX_FAILURES, '192.0.2.1')).statusCode, 401)
    const over = await fail(app, 1, '192.0.2.1')

    t.equal(MAX_FAILURES, 60)
    t.equal(over.statusCode, 429)
    t.match(over.json(), { statusCode: 429, code: 'BRIDGE_ADMIN_THROTTLED', error: 'Too Many Requests' })
    t.ok(Number(over.headers['retry-after']) > 0 && Number(over.headers['retry-after']) <= 60)
    t.equal((await fail(app, 1, '192.0.2.1', {})).statusCode, 429, 'without a key too')
    t.equal((await fail(app, 1, '192.0.2.1', right)).statusCode, 200, 'the right key passes')
    t.equal((await fail(app, 1, '192.0.2.2')).statusCode, 401, 'another address has its own count')
  })

  t.test('the right key is never counted', async (t) => {
    const app = await build(t)
    await fail(app, MAX_FAILURES + 5, '192.0.2.1', right)
    t.equal((await fail(app, 1, '192.0.2.1')).statusCode, 401)
  })

  t.test('are counted by the connection, and behind a trusted proxy alone by X-Forwarded-For', async (t) => {
    const claim = (address: string) => ({ ...wrong, 'x-forwarded-for': address })
    const direct = await build(t)
    const proxied = await build(t, { TRUST_PROXY: '192.0.2.0/24' })

    await fail(direct, MAX_FAILURES, '192.0.2.1', claim('198.51.100.1'))
    t.equal((await fail(direct, 1, '192.0.2.1', claim('198.51.100.2'))).statusCode, 429, 'a made-up address does not help')

    await fail(proxied, MAX_FAILURES, '192.0.2.1', claim('198.51.100.1'))
    t.equal((await fail(proxied, 1, '192.0.2.1', claim('198.51.100.1'))).statusCode, 429)
    t.equal((await fail(proxied, 1, '192.0.2.1', claim('203.0.113.9, 198.51.100.1'))).statusCode, 429, 'the proxy\'s entry counts, not the client\'s')
    t.equal((await fail(proxied, 1, '192.0.2.1', claim('198.51.100.2'))).statusCode, 401)
    t.equal((await fail(proxied, 1, '203.0.113.5', claim('198.51.100.1'))).statusCode, 401, 'an address that is not a proxy cannot blame another')
  })
})

t.test('DELETE with content type JSON and an empty body works', async (t) => {
  const app = await build(t)
  for (const headers of [json, { ...json, 'content-type': 'application/json; charset=utf-8' }, right]) {
    t.equal((await app.inject({ method: 'DELETE', url, headers, payload: '' })).statusCode, 200)
  }
})

t.test('a body that a route needs is asked for', async (t) => {
  const app = await build(t)
  const cases: Array<[what: string, payload: string, contentType: string, code: string, message: RegExp]> = [
    ['none', '', 'application/json', 'BRIDGE_REQUEST_INVALID', /^body must be object: an object with fact, and optionally pinned and expires_at$/],
    ['no JSON', '{"fact":', 'application/json', 'BRIDGE_BODY_NOT_JSON', /not valid JSON/],
    ['a list', '["x"]', 'application/json', 'BRIDGE_REQUEST_INVALID', /body must be object/],
    ['a text', '"x"', 'application/json', 'BRIDGE_REQUEST_INVALID', /body must be object/],
    ['null', 'null', 'application/json', 'BRIDGE_REQUEST_INVALID', /body must be object/],
    ['plain text', 'fact=x', 'text/plain', 'BRIDGE_REQUEST_INVALID', /./],
    ['a form', 'fact=x', 'application/x-www-form-urlencoded', 'BRIDGE_REQUEST_INVALID', /send JSON/],
    ['a poisoned key', '{"fact":"x","__proto__":{"pinned":true}}', 'application/json', 'BRIDGE_BODY_NOT_JSON', /not valid JSON/]
  ]
  for (const [what, payload, contentType, code, message] of cases) {
    const res = await app.inject({ method: 'POST', url, headers: { ...right, 'content-type': contentType }, payload })
    t.match(res.json(), { statusCode: 400, code, error: 'Bad Request', message }, what)
    t.equal(res.statusCode, 400, what)
  }
})

t.test('texts are trimmed before they are measured, and half characters mended', async (t) => {
  const app = await build(t)
  const add = async (fact: string) => (await app.inject({ method: 'POST', url, headers: json, payload: JSON.stringify({ fact }) })).statusCode

  t.equal(await add(`  ${'x'.repeat(1000)}\n`), 200)
  t.equal(await add(' \n\t '), 400)
  t.equal(await add('a\ud800b'), 200)

  const { facts } = (await app.inject({ url, headers: json })).json()
  t.strictSame(facts.map(({ text }: { text: string }) => text), ['x'.repeat(1000), 'a\ufffdb'])
})

t.test('each change of the operator is one log line, without its content', async (t) => {
  const app = await build(t)

  await app.inject({ method: 'POST', url, headers: right, payload: { fact: 'likes tea' } })
  await app.inject({ method: 'DELETE', url, headers: right })
  await app.inject({ url, headers: right })
  await app.inject({ method: 'DELETE', url })

  t.match(app.lines.filter(({ msg }) => msg === 'admin'), [
    { level: 30, caller: 'aaaaaaaa', method: 'POST', route: '/api/memory/:phone_hash' },
    { level: 30, caller: 'aaaaaaaa', method: 'DELETE', route: '/api/memory/:phone_hash' }
  ])
  t.equal(app.lines.filter(({ msg }) => msg === 'admin').length, 2)
  t.notMatch(JSON.stringify(app.lines), /tea/)
})
