/**
 * Call starts at a fixed rate, as telephones ring: they do not wait for earlier responses. Latency counts from the time
 * when the request was due, because a generator that waits for responses would not see the slow ones.
 *
 * autocannon has a rate, too, but each of its connections waits for its response, and latencies are then estimated.
 *
 * @see https://www.scylladb.com/2021/04/22/on-coordinated-omission/
 */
import { Agent, request, type ClientRequest } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../random.ts'
import { callStart, HEADERS, isPersonal, PATH } from './call-starts.ts'
import { percentile } from './figures.ts'

export interface OpenLoopFigures {
  sent: number
  p50Ms: number
  p99Ms: number
  maxMs: number
  /** Responses other than 200, and requests without a response. */
  errors: number
  neutral: number
  /** How late requests left the generator. The latencies include this, although it is not the target's fault. */
  generatorP99Ms: number
}

export interface OpenLoopOptions {
  url: string
  callers: number
  rate: number
  seconds: number
  random: Random
  onResponse?: (conversationId: string) => void
}

const TIMEOUT_MS = 10_000

/** Enough that no request waits for a connection. */
const MAX_CONNECTIONS = 512

export async function openLoop (
  { url, callers, rate, seconds, random, onResponse }: OpenLoopOptions
): Promise<OpenLoopFigures> {
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS })
  const latencies: number[] = []
  const delays: number[] = []
  let errors = 0
  let neutral = 0
  const open = new Set<ClientRequest>()

  function send (dueAt: number): void {
    const { conversationId, body } = callStart(callers, random)
    delays.push(performance.now() - dueAt)
    const outgoing = request(`${url}${PATH}`, {
      method: 'POST', agent, timeout: TIMEOUT_MS, headers: { ...HEADERS, 'content-length': Buffer.byteLength(body) }
    })
    outgoing.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => { text += part })
      response.on('end', () => {
        latencies.push(performance.now() - dueAt)
        if (response.statusCode !== 200) errors++
        else if (!isPersonal(text)) neutral++
        onResponse?.(conversationId)
      })
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error('no response')))
    outgoing.on('error', () => { errors++ })
    outgoing.on('close', () => { open.delete(outgoing) })
    open.add(outgoing)
    outgoing.end(body)
  }

  const total = rate * seconds
  const startAt = performance.now() + 1
  const dueAt = (n: number) => startAt + n * 1000 / rate
  for (let sent = 0; sent < total;) {
    for (; sent < total && dueAt(sent) <= performance.now(); sent++) send(dueAt(sent))
    await sleep(1)
  }
  while (open.size > 0) await sleep(10)
  agent.destroy()

  return {
    sent: total,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    maxMs: percentile(latencies, 1),
    errors,
    neutral,
    generatorP99Ms: percentile(delays, 0.99)
  }
}
