/** Loads a server with call starts of returning callers: as many as it can handle, or at a fixed rate. */
import { once } from 'node:events'
import { Agent, request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import autocannon from 'autocannon'
import { ringBody } from '../../src/simulate/elevenlabs.ts'
import { WEBHOOK_SECRET } from '../bridge.ts'
import { newCall } from '../people.ts'
import type { Random } from '../random.ts'
import { percentile, type ClosedLoop, type OpenLoop } from './report.ts'

export interface LoadOptions {
  url: string
  callers: number
  seconds: number
  random: Random
}

export const PATH = '/webhook/personalize'
export const HEADERS = { 'content-type': 'application/json', 'x-webhook-secret': WEBHOOK_SECRET }

/** Connections of the closed loop, each with one request at a time. */
const CONNECTIONS = 20

/** Of the open loop: enough that no request waits for one. */
const MAX_CONNECTIONS = 512
const TIMEOUT_MS = 10_000

function callStart (callers: number, random: Random): { conversationId: string, body: string } {
  const call = newCall(random.below(callers), random)
  return { conversationId: call.conversationId, body: JSON.stringify(ringBody(call)) }
}

function isPersonal (body: string): boolean {
  return body.includes('"is_returning":"true"')
}

/** The bytes of a personal response. Throws if the bridge does not recognise its callers. */
export async function responseOf ({ url, callers, random }: LoadOptions): Promise<Buffer> {
  const response = await fetch(`${url}${PATH}`, {
    method: 'POST', headers: HEADERS, body: callStart(callers, random).body
  })
  const bytes = Buffer.from(await response.arrayBuffer())
  if (!isPersonal(bytes.toString())) throw new Error('the bridge does not recognise the generated callers')
  return bytes
}

export async function closedLoop ({ url, callers, seconds, random }: LoadOptions): Promise<ClosedLoop> {
  let neutral = 0
  const startedAt = performance.now()
  const before = process.cpuUsage()
  const result = await autocannon({
    url,
    connections: CONNECTIONS,
    duration: seconds,
    requests: [{
      method: 'POST',
      path: PATH,
      headers: HEADERS,
      setupRequest: (request) => ({ ...request, body: callStart(callers, random).body }),
      onResponse: (status, body) => { if (status === 200 && !isPersonal(body)) neutral++ }
    }]
  })
  const { user, system } = process.cpuUsage(before)
  return {
    rate: result['2xx'] / result.duration,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    failed: result.non2xx + result.errors + result.timeouts + neutral,
    generatorLoad: (user + system) / 1000 / (performance.now() - startedAt)
  }
}

/** Of `node:http`, which takes less time from the server than `fetch`. Its connections stay open. */
export function newClient (url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS })

  /** Null without a whole response. */
  async function post (
    path: string, headers: Record<string, string>, body: string
  ): Promise<{ status: number | undefined, text: string } | null> {
    const outgoing = request(`${url}${path}`, {
      method: 'POST', agent, timeout: TIMEOUT_MS, headers: { ...headers, 'content-length': Buffer.byteLength(body) }
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error('no response')))
    // Also one that comes after the response has begun, when nothing else listens.
    outgoing.on('error', () => {})
    outgoing.end(body)
    try {
      const [response] = await once(outgoing, 'response') as [IncomingMessage]
      return { status: response.statusCode, text: await text(response) }
    } catch {
      return null
    }
  }

  return { post, close: () => { agent.destroy() } }
}

/**
 * Telephones do not wait for each other. Latency counts from when a request was due: a generator that waits for
 * responses would not see the slow ones. autocannon estimates them.
 *
 * @param onResponse - is told of each response
 * @see https://www.scylladb.com/2021/04/22/on-coordinated-omission/
 */
export async function openLoop (
  { url, callers, seconds, random }: LoadOptions, rate: number, onResponse: (conversationId: string) => void
): Promise<OpenLoop> {
  const client = newClient(url)
  const latencies: number[] = []
  const delays: number[] = []
  let failed = 0
  const sending: Array<Promise<void>> = []

  async function send (dueAt: number): Promise<void> {
    const { conversationId, body } = callStart(callers, random)
    delays.push(performance.now() - dueAt)
    const response = await client.post(PATH, HEADERS, body)
    if (response !== null) {
      latencies.push(performance.now() - dueAt)
      onResponse(conversationId)
    }
    if (response?.status !== 200 || !isPersonal(response.text)) failed++
  }

  const total = rate * seconds
  const startAt = performance.now() + 1
  const dueAt = (n: number) => startAt + n * 1000 / rate
  for (let sent = 0; sent < total;) {
    for (; sent < total && dueAt(sent) <= performance.now(); sent++) sending.push(send(dueAt(sent)))
    await sleep(1)
  }
  await Promise.all(sending)
  client.close()
  return {
    p50Ms: percentile(latencies, 0.5), p99Ms: percentile(latencies, 0.99), failed, lateMs: percentile(delays, 0.99)
  }
}
