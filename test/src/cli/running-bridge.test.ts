import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { addressOf, askBridge, type BridgeContext } from '../../../src/cli/running-bridge.ts'

const KEY = 'an-admin-key-for-tests'
const HOLDER = 'DATA_DIR is in use by process 7'

/** Something that listens, and a question to it. */
async function listening (t: Test, answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  await once(server, 'listening')
  const config = { HOST: '127.0.0.1', PORT: (server.address() as AddressInfo).port, ADMIN_API_KEY: KEY }
  const waits: number[] = []
  const wait = async (ms: number, signal: AbortSignal) => {
    waits.push(ms)
    signal.throwIfAborted()
  }
  const ask = (signal = new AbortController().signal) => askBridge({ config, wait, signal }, HOLDER, '/api/x', { a: 1 })
  return { waits, ask }
}

async function bodyOf (request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}

t.test('posts JSON with the admin key, and gives the answer', async (t) => {
  const { ask } = await listening(t, async (request, response) => {
    response.end(JSON.stringify({
      method: request.method,
      url: request.url,
      key: request.headers.authorization,
      body: await bodyOf(request)
    }))
  })

  t.strictSame(await ask(), { method: 'POST', url: '/api/x', key: `Bearer ${KEY}`, body: '{"a":1}' })
})

t.test('asks again while the bridge is busy, and not for ever', async (t) => {
  let requests = 0
  const { ask, waits } = await listening(t, (_request, response) => {
    response.writeHead(++requests === 3 ? 200 : 503, requests === 1 ? {} : { 'retry-after': requests === 2 ? '7' : '60' }).end(JSON.stringify({ requests, message: 'The storage cannot be used' }))
  })

  t.strictSame((await ask())['requests'], 3)
  await t.rejects(ask(), { code: 'BRIDGE_COMMAND_FAILED', message: /refuses \(503\): The storage cannot be used/ })
  t.equal(requests, 13)
  t.strictSame(waits, [5000, 7000, ...Array(9).fill(30_000)])
})

t.test('a bridge that cannot reach ElevenLabs has tried for long enough', async (t) => {
  const { ask, waits } = await listening(t, (_request, response) => {
    response.writeHead(503).end(JSON.stringify({ code: 'BRIDGE_ELEVENLABS_UNAVAILABLE', message: 'ElevenLabs is not available' }))
  })
  await t.rejects(ask(), { code: 'BRIDGE_COMMAND_FAILED', message: /^The bridge at .* refuses \(503\): ElevenLabs is not available$/ })
  t.strictSame(waits, [])
})

t.test('a wait can be broken off', async (t) => {
  const stop = new AbortController()
  const { ask } = await listening(t, (_request, response) => {
    response.on('finish', () => stop.abort()).writeHead(503, { 'retry-after': '30' }).end('{}')
  })

  await t.rejects(ask(stop.signal), { name: 'AbortError' })
})

t.test('says why there is no good answer, never the key', async (t) => {
  const cases: Array<[RequestListener, RegExp]> = [
    [(_request, response) => response.writeHead(401).end('{"message":"Send the admin key"}'), /refuses \(401\): Send the admin key/],
    [(_request, response) => response.end('<html>'), /is not a memory bridge \(200\)/],
    [(request, response) => request.url === '/api/x' ? response.writeHead(307, { location: '/other' }).end() : response.end('{}'), /is not a memory bridge \(307\)/],
    [(_request, response) => response.end(JSON.stringify({ large: 'x'.repeat(1024 * 1024) })), /is not a memory bridge \(200\)/],
    [(request) => request.socket.destroy(), /in use by process 7\. No bridge responds at http:/],
    [(_request, response) => { response.write('{', () => response.destroy()) }, /No bridge responds at/]
  ]
  for (const [answer, message] of cases) {
    const { ask } = await listening(t, answer)
    const error = await ask().then(() => null, (refusal: Error) => refusal)
    t.match(error, { code: 'BRIDGE_COMMAND_FAILED', message })
    t.notMatch(`${error?.message} ${String(error?.cause)}`, KEY)
  }
})

t.test('without a key or a port it says what to set', async (t) => {
  const { signal } = new AbortController()
  const ask = (config: BridgeContext['config']) => askBridge({ config, wait: async () => {}, signal }, HOLDER, '/', {})

  await t.rejects(ask({ HOST: '127.0.0.1', PORT: 8000 }), { message: `${HOLDER}. Set ADMIN_API_KEY to go through it, or stop it and run this again` })
  await t.rejects(ask({ HOST: '127.0.0.1', PORT: 0, ADMIN_API_KEY: KEY }), { message: /Set PORT/ })
})

t.test('a bridge that listens everywhere is reached on this machine', async (t) => {
  const cases = {
    '0.0.0.0': 'http://127.0.0.1:8000',
    '::': 'http://[::1]:8000',
    '::1': 'http://[::1]:8000',
    localhost: 'http://localhost:8000',
    '10.0.0.7': 'http://10.0.0.7:8000'
  }
  for (const [HOST, expected] of Object.entries(cases)) t.equal(addressOf({ HOST, PORT: 8000 }), expected)
})
