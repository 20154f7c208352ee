import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { ModelAnswerSchema } from '../../../schemas/model-answer.ts'
import { createModel, type ModelSettings } from '../../../src/learning/model.ts'
import { freePort } from '../../free-port.ts'
import { completion, startModel, type Reply, type Script } from '../../scripted-model.ts'

const KEY = 'a-gateway-token-for-tests'
const WORDS = 'what the caller said'
const MESSAGES = [{ role: 'system', content: 'Learn.' }, { role: 'user', content: WORDS }] as const
const FORMAT = {
  type: 'json_schema',
  json_schema: { name: 'memory_changes', strict: true, schema: JSON.parse(JSON.stringify(ModelAnswerSchema)) }
}
const HEADERS = [
  'accept', 'accept-encoding', 'accept-language', 'authorization', 'connection', 'content-length', 'content-type', 'host',
  'sec-fetch-mode', 'user-agent'
]
const REFUSED_FORMAT: Reply = { status: 400, body: { error: { message: `response_format is not supported, ${WORDS}` } } }

/** A scripted endpoint and a model that asks it. */
async function talking (
  t: Test,
  script: Script,
  settings: Partial<ModelSettings> | ((url: string) => Partial<ModelSettings>) = {}
) {
  const { url, requests } = await startModel(t, script)
  const model = createModel({
    baseUrl: url, apiKey: KEY, model: 'openclaw/memory', timeoutMs: 5000, ...(typeof settings === 'function' ? settings(url) : settings)
  }, ModelAnswerSchema)
  return { requests, ask: (signal = new AbortController().signal) => model.ask(MESSAGES, signal) }
}

async function errorOf (work: Promise<unknown>): Promise<Error> {
  return await work.then(() => { throw new Error('there was no error') }, (error: Error) => error)
}

t.test('sends model, messages and format, and nothing that links requests', async (t) => {
  const { ask, requests } = await talking(t, [{ text: 'one' }, { text: 'two' }])

  t.equal(await ask(), 'one')
  t.equal(await ask(), 'two')
  for (const { method, path, body, headers } of requests) {
    t.strictSame({ method, path, body }, {
      method: 'POST', path: '/v1/chat/completions', body: { model: 'openclaw/memory', messages: MESSAGES, response_format: FORMAT }
    })
    t.strictSame(Object.keys(headers).sort(), HEADERS)
  }
})

t.test('sends the key as a bearer token, and nowhere else', async (t) => {
  const { ask, requests } = await talking(t, [{ text: 'x' }])
  await ask()

  t.equal(requests[0]!.headers.authorization, `Bearer ${KEY}`)
  t.equal(JSON.stringify(requests).split(KEY).length, 2)
})

t.test('without a key there is no authorization, whatever the environment has for OpenAI', async (t) => {
  const foreign = { OPENAI_API_KEY: 'key', OPENAI_ORG_ID: 'org', OPENAI_PROJECT_ID: 'project', OPENAI_BASE_URL: 'http://127.0.0.1:1' }
  t.intercept(process, 'env', { value: { ...process.env, ...foreign } })
  const { ask, requests } = await talking(t, [{ text: 'x' }], { apiKey: undefined })
  await ask()

  t.strictSame(Object.keys(requests[0]!.headers).sort(), HEADERS.filter((name) => name !== 'authorization'))
})

t.test('accepts the address with and without a version', async (t) => {
  for (const path of ['', '/', '/v1', '/v1/', '/v1//']) {
    const { ask } = await talking(t, [{ text: 'x' }], (url) => ({ baseUrl: url + path }))
    t.equal(await ask(), 'x', path)
  }
  for (const [path, asked] of [['/api', '/api/v1'], ['/api/v1', '/api/v1'], ['/v1beta/openai/', '/v1beta/openai'], ['/paas/v4', '/paas/v4'], ['/vault', '/vault/v1']] as const) {
    const { ask, requests } = await talking(t, [], (url) => ({ baseUrl: url + path }))
    await errorOf(ask())
    t.equal(requests[0]!.path, `${asked}/chat/completions`)
  }
})

t.test('repeats a request without the format if that is refused, and never sends it again', async (t) => {
  for (const status of [400, 422]) {
    const { ask, requests } = await talking(t, [{ ...REFUSED_FORMAT, status }, { text: 'one' }, { text: 'two' }])

    t.equal(await ask(), 'one')
    t.equal(await ask(), 'two')
    t.strictSame(requests.map(({ body }) => body['response_format']), [FORMAT, undefined, undefined])
  }
})

t.test('keeps the format if something else was refused', async (t) => {
  const { ask, requests } = await talking(t, [REFUSED_FORMAT, REFUSED_FORMAT, { text: 'x' }])

  await t.rejects(ask(), { name: 'ModelMisconfigured' })
  t.equal(await ask(), 'x')
  t.strictSame(requests.map(({ body }) => body['response_format']), [FORMAT, undefined, FORMAT])
})

t.test('a format that is refused when another request was repeated already is left out, too', async (t) => {
  const { ask, requests } = await talking(t, ({ body }, index) => 'response_format' in body ? { ...REFUSED_FORMAT, delayMs: index * 100 } : { text: 'x' })

  t.strictSame(await Promise.all([ask(), ask()]), ['x', 'x'])
  t.equal(requests.length, 4)
})

t.test('any success counts', async (t) => {
  const { ask } = await talking(t, [{ status: 201, body: completion('x') }])

  t.equal(await ask(), 'x')
})

t.test('returns a truncated answer as it is', async (t) => {
  const { ask } = await talking(t, [{ cutOff: { operations: [] } }])

  t.equal(await ask(), '{"operat')
})

t.test('says whether it helps to try again, or what to change', async (t) => {
  const unavailable = (why: string, retryAfterMs: number | null = null) => ({ name: 'ModelUnavailable', message: `The model is not available: ${why}`, retryAfterMs })
  const misconfigured = (why: string) => ({ name: 'ModelMisconfigured', message: `The model cannot be used: ${why}` })
  const unusable = (why: string) => ({ name: 'ModelAnswerUnusable', message: `The model's answer cannot be used: ${why}` })
  const notAnEndpoint = misconfigured('the address is not a chat completions endpoint: check OPENCLAW_API_BASE_URL')

  const cases: Array<[what: string, reply: Reply, error: object]> = [
    ['429', { status: 429, headers: { 'retry-after': '7' } }, unavailable('the endpoint responded with status 429', 7000)],
    ['503', { status: 503, headers: { 'retry-after': '0' } }, unavailable('the endpoint responded with status 503', 0)],
    ['a date that has passed', { status: 429, headers: { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' } }, unavailable('the endpoint responded with status 429', 0)],
    ['a time that is none', { status: 429, headers: { 'retry-after': 'soon' } }, unavailable('the endpoint responded with status 429')],
    ...[408, 409, 500, 502, 529].map((status): [string, Reply, object] =>
      [`${status}`, { status, body: { error: { message: WORDS } } }, unavailable(`the endpoint responded with status ${status}`)]),
    ['a reset connection', { reset: true }, { name: 'ModelUnavailable', message: /: the connection failed, (ECONNRESET|UND_ERR_SOCKET)$/, retryAfterMs: null }],
    ['401', { status: 401, body: { error: { message: `wrong key ${KEY}` } } }, misconfigured('the endpoint responded with status 401: check OPENCLAW_API_KEY')],
    ['403', { status: 403 }, misconfigured('the endpoint responded with status 403: check OPENCLAW_API_KEY')],
    ['404', { status: 404 }, misconfigured('the endpoint responded with status 404: check OPENCLAW_API_BASE_URL and OPENCLAW_MODEL, and that the gateway has chat completions enabled')],
    ['400', { status: 400, body: { error: { message: `unknown model, ${WORDS}` } } }, misconfigured('the endpoint responded with status 400: check OPENCLAW_MODEL and OPENCLAW_API_BASE_URL')],
    ['402', { status: 402 }, misconfigured('the endpoint responded with status 402: check OPENCLAW_MODEL and OPENCLAW_API_BASE_URL')],
    ['a page', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' }, notAnEndpoint],
    ['half a page', { status: 200, headers: { 'content-type': 'application/json' }, body: '{"choices"' }, notAnEndpoint],
    ['an empty page', { status: 204 }, notAnEndpoint],
    ['a refusal', { refusal: `I cannot read ${WORDS}` }, unusable('it is a refusal')],
    ['a blank answer', { text: ' \n' }, unusable('it is empty')],
    ['no text', { status: 200, body: completion(null) }, unusable('it is empty')],
    ['no choice', { status: 200, body: { choices: [] } }, unusable('it is empty')],
    ['an error in place of choices', { status: 200, body: { error: { message: WORDS, code: 502 } } }, unusable('it is empty')]
  ]
  for (const [what, reply, expected] of cases) {
    const { ask } = await talking(t, () => reply)
    const error = await errorOf(ask())
    t.match(error, expected, what)
    t.notMatch(JSON.stringify([error, error.message, error.stack, error.cause]), new RegExp(`${KEY}|${WORDS}`), `${what}: says nothing that it must not`)
    t.ok(error.message.length <= 300, `${what}: fits a job`)
  }
})

t.test('a date in the future counts from now', async (t) => {
  const { ask } = await talking(t, () => ({ status: 429, headers: { 'retry-after': new Date(Date.now() + 60_000).toUTCString() } }))
  const { retryAfterMs } = await errorOf(ask()) as Error & { retryAfterMs: number }

  t.ok(retryAfterMs > 50_000 && retryAfterMs <= 60_000, `${retryAfterMs}`)
})

t.test('makes one request, even if the endpoint asks to retry', async (t) => {
  for (const reply of [{ status: 500, headers: { 'x-should-retry': 'true' } }, { status: 429, headers: { 'retry-after': '0' } }, { reset: true } as const]) {
    const { ask, requests } = await talking(t, () => reply)
    await errorOf(ask())
    t.equal(requests.length, 1)
  }
})

t.test('follows no redirect', async (t) => {
  const other = await startModel(t, [{ text: 'x' }])
  const { ask } = await talking(t, [{ status: 307, headers: { location: `${other.url}/v1/chat/completions` } }])

  await t.rejects(ask(), { name: 'ModelMisconfigured', message: /status 307: set OPENCLAW_API_BASE_URL to the address that it redirects to/ })
  t.strictSame(other.requests, [])
})

t.test('gives the network error code', async (t) => {
  const { ask } = await talking(t, [], { baseUrl: `http://127.0.0.1:${await freePort()}` })

  await t.rejects(ask(), { name: 'ModelUnavailable', message: 'The model is not available: the connection failed, ECONNREFUSED', retryAfterMs: null })
})

t.test('the time limit covers the whole response', async (t) => {
  for (const reply of [{ text: 'x', delayMs: 5000 }, { stall: true }] as Reply[]) {
    const { ask } = await talking(t, [reply], { timeoutMs: 150 })
    const before = performance.now()

    await t.rejects(ask(), { name: 'ModelUnavailable', message: 'The model is not available: it did not respond within 0.15 seconds', retryAfterMs: null })
    t.ok(performance.now() - before < 4500)
  }
})

t.test('one time limit covers the refused request and its repetition', async (t) => {
  const script: Reply[] = [{ ...REFUSED_FORMAT, delayMs: 150 }, { stall: true }]
  const { ask, requests } = await talking(t, script, { timeoutMs: 1000 })
  const { message } = await errorOf(ask())

  t.equal(requests.length, 2)
  const [, seconds] = /did not respond within ([.\d]+) seconds$/.exec(message) ?? []
  t.ok(Number(seconds) < 0.9, message)
})

t.test('a response that is too large, or nested too deep, is not read', async (t) => {
  for (const body of ['x'.repeat(2 * 1024 * 1024), JSON.stringify(completion('x'.repeat(2 * 1024 * 1024))), `{"choices":${'['.repeat(500_000)}`, '[]]']) {
    const { ask } = await talking(t, [{ status: 200, headers: { 'content-type': 'application/json' }, body }])
    await t.rejects(ask(), { name: 'ModelMisconfigured', message: /the address is not a chat completions endpoint/ })
  }
})

t.test('a compressed response is read, and counts with its full size', async (t) => {
  const zipped = async (content: string) => {
    const bytes = gzipSync(JSON.stringify(completion(content)))
    const server = createServer((_request, response) => response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(bytes)).listen(0, '127.0.0.1')
    t.teardown(() => { server.closeAllConnections(); server.close() })
    await once(server, 'listening')
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  const asking = async (baseUrl: string) => await (await talking(t, [], { baseUrl })).ask()
  t.equal(await asking(await zipped('hello')), 'hello')
  await t.rejects(asking(await zipped('x'.repeat(50_000_000))), { name: 'ModelMisconfigured' })
})

t.test('rejects with the reason of the signal', async (t) => {
  const reason = new Error('the bridge stops')
  for (const reply of [{ text: 'x', delayMs: 5000 }, { stall: true }] as Reply[]) {
    const { ask } = await talking(t, [reply])
    const stop = new AbortController()
    const asking = errorOf(ask(stop.signal))
    await sleep(150)
    const before = performance.now()
    stop.abort(reason)

    t.equal(await asking, reason)
    t.ok(performance.now() - before < 4500)
  }

  const { ask, requests } = await talking(t, [])
  t.equal(await errorOf(ask(AbortSignal.abort(reason))), reason)
  t.strictSame(requests, [])
})
