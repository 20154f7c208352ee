import t from 'tap'
import { ADMIN_KEY, build } from '../helper.ts'

const OURS = 'https://admin.example'
const corsHeaders = (headers: object) => Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-')))
const preflight = (origin: string, method = 'PATCH') => ({
  method: 'OPTIONS',
  url: `/api/memory/${'a'.repeat(64)}`,
  headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': 'authorization,content-type' }
}) as const

t.test('without ALLOWED_ORIGINS there are no CORS headers at all', async (t) => {
  const app = await build(t)
  for (const request of [{ url: '/health', headers: { origin: OURS } }, preflight(OURS)]) {
    const res = await app.inject(request)
    t.strictSame(corsHeaders(res.headers), {})
    t.equal(res.headers.vary, undefined)
  }
})

t.test('with ALLOWED_ORIGINS', async (t) => {
  const env = { ALLOWED_ORIGINS: `${OURS}, http://localhost:3000` }

  t.test('exactly those origins may read answers, errors too', async (t) => {
    const app = await build(t, env)
    for (const origin of [OURS, 'http://localhost:3000']) {
      const res = await app.inject({ url: '/api/notes', headers: { origin, authorization: `Bearer ${ADMIN_KEY}` } })
      t.equal(res.statusCode, 200)
      t.strictSame(corsHeaders(res.headers), { 'access-control-allow-origin': origin })
      t.match(res.headers.vary, /origin/i)
    }
    t.equal((await app.inject({ url: '/api/notes', headers: { origin: OURS } })).headers['access-control-allow-origin'], OURS)
  })

  t.test('their preflight is answered without the key, for every method of the API', async (t) => {
    const app = await build(t, env)
    for (const method of ['PATCH', 'DELETE', 'POST', 'GET']) {
      const res = await app.inject(preflight(OURS, method))
      t.equal(res.statusCode, 204)
      t.match(res.headers, {
        'access-control-allow-origin': OURS,
        'access-control-allow-methods': new RegExp(method),
        'access-control-allow-headers': /authorization.*content-type/i
      })
    }
  })

  t.test('other origins get nothing', async (t) => {
    const app = await build(t, env)
    for (const origin of ['https://evil.example', 'https://admin.example.evil.example', 'http://admin.example', 'https://sub.admin.example', 'null', '*']) {
      for (const request of [{ url: '/health', headers: { origin } }, preflight(origin)]) {
        t.strictSame(corsHeaders((await app.inject(request)).headers), {}, origin)
      }
    }
  })
})
