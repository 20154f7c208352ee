import t from 'tap'
import { ADMIN_KEY, build } from '../helper.ts'

const authorization = `Bearer ${ADMIN_KEY}`
const json = { authorization, 'content-type': 'application/json' }
const HASH = 'b'.repeat(64)
const url = `/api/memory/${HASH}`

t.test('DELETE with content type JSON and an empty body works', async (t) => {
  const app = await build(t)
  for (const headers of [json, { ...json, 'content-type': 'application/json; charset=utf-8' }, { authorization }]) {
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
    const res = await app.inject({ method: 'POST', url, headers: { authorization, 'content-type': contentType }, payload })
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
