import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { gatherBridge, gatherPublic, pingEmbeddingsModel, pingLearningModel, reachAgentModel } from '../../../src/doctor/gather-network.ts'
import { tlsProxy } from '../../public-address.ts'
import { freePort } from '../../free-port.ts'
import { startModel } from '../../scripted-model.ts'

const { signal } = new AbortController()

async function listening (t: Test, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const nowhere = async () => `http://127.0.0.1:${await freePort()}`

t.test('the status of a bridge, or why there is none', async (t) => {
  const status = { calls: {}, warnings: [] }
  let answer: [number, object] = [200, status]
  const url = await listening(t, (request, response) => {
    if (request.url === '/health') response.end('{"bridge_id":"b1"}')
    else if (request.headers.authorization !== 'Bearer right') response.writeHead(401).end('{"message":"The key is wrong"}')
    else if (request.url === '/api/connection') response.end('{"made":[{"id":"wh1"}]}')
    else response.writeHead(answer[0]).end(JSON.stringify(answer[1]))
  })

  t.strictSame(await gatherBridge(url, 'right', signal), { status, bridgeId: 'b1', made: [{ id: 'wh1' }] })
  t.strictSame(await gatherBridge(url, 'wrong', signal), { status: { refused: 'The key is wrong' }, bridgeId: 'b1', made: [] })
  t.strictSame(await gatherBridge(url, undefined, signal), { status: { refused: 'ADMIN_API_KEY is not set.' }, bridgeId: 'b1', made: [] })
  answer = [404, {}]
  t.strictSame((await gatherBridge(url, 'right', signal)).status, { refused: 'it responds with 404; it may be an older one.' })
  t.strictSame(await gatherBridge(await nowhere(), 'right', signal), { status: null, bridgeId: null, made: [] })
})

t.test('the public address, and the clock of ElevenLabs', async (t) => {
  const asked: unknown[] = []
  const url = await listening(t, (request, response) => { asked.push(request.url); response.end('{"bridge_id":"b1"}') })
  const ahead = await listening(t, (_request, response) => response.setHeader('date', new Date(Date.now() - 300_000).toUTCString()).end())
  const gather = (publicUrl: string, elevenLabs: string, now = new Date()) =>
    gatherPublic({ PUBLIC_BASE_URL: publicUrl, ELEVENLABS_API_BASE_URL: elevenLabs, WEBHOOK_SECRET: ['secret'], WEBHOOK_HEADER_SECRET: [] }, { url, bridgeId: 'b1' }, now, signal)

  const here = await gather(`${url}/`, ahead)
  t.match(here, {
    url, health: { status: 200, bridgeId: 'b1' }, bridgeId: 'b1', certificateDays: null, webhooks: { state: 'elsewhere', reason: /^\/webhook\/post-call responds with 200/ }
  })
  t.strictSame(asked, ['/health', '/webhook/post-call'], 'once each')
  t.ok(Math.abs((here.clockAheadSecs ?? 0) - 300) < 30, `${here.clockAheadSecs} seconds ahead`)
  const gone = await gather(await nowhere(), await nowhere())
  t.match(gone, { health: { fault: 'the connection failed, ECONNREFUSED' }, clockAheadSecs: null, webhooks: { state: 'elsewhere' } }, 'the webhooks are tried on this machine')

  const { port } = (await tlsProxy(t, 1)).address() as AddressInfo
  const overTls = async (now: string) => (await gather(`https://127.0.0.1:${port}`, ahead, new Date(now))).certificateDays
  t.equal(await overTls('2125-12-21T12:00:00Z'), 10.5, 'a certificate is read that nobody vouches for')
  t.equal(await overTls('2126-01-02T00:00:00Z'), -1)
})

t.test('the models are asked for one word, or without a key', async (t) => {
  const { url, requests } = await startModel(t, [{ text: 'ok' }, { status: 401 }])
  const config = { OPENCLAW_API_BASE_URL: url, OPENCLAW_API_KEY: 'token', OPENCLAW_MODEL: 'openclaw/learn', LEARN_TIMEOUT_MS: 5000 }

  t.match(await pingLearningModel(config, signal), { status: 200 })
  t.match(requests[0], { path: '/v1/chat/completions', headers: { authorization: 'Bearer token' }, body: { model: 'openclaw/learn', max_tokens: 1 } })
  t.match(await reachAgentModel(`${url}/v1/`, signal), { status: 401 })
  t.notOk('authorization' in requests[1]!.headers)
  t.equal(await pingEmbeddingsModel({ OPENCLAW_API_BASE_URL: url }, signal), null)
  t.match(await pingEmbeddingsModel({ OPENCLAW_API_BASE_URL: url, OPENCLAW_API_KEY: 'token', EMBEDDINGS_MODEL: 'small' }, signal), { status: 404 })
  t.match(requests.at(-1), { path: '/v1/embeddings', headers: { authorization: 'Bearer token' }, body: { model: 'small', input: ['ok'] } })
  t.match(await reachAgentModel(await nowhere(), signal), { fault: /ECONNREFUSED/ })
  t.match(await reachAgentModel('no address', signal), { fault: 'its address is none' })
})
