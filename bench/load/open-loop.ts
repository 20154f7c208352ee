/**
 * Call starts at a fixed rate, whether or not the ones before were answered, as telephones ring. A latency counts from
 * the moment when the request was due: a generator that waits for answers would leave out just those that were late.
 *
 * autocannon has a rate too, but each of its connections still waits for its answer; it then adds latencies by estimate.
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
  /** Answers that are not 200, and requests without an answer. */
  errors: number
  /** Answers of 200 without memory. */
  neutral: number
  /** How late requests left the generator: time that is in the latencies and not the target's doing. */
  generatorP99Ms: number
}

export interface OpenLoopOptions {
  url: string
  /** How many callers the target knows. */
  callers: number
  /** Call starts a second. */
  rate: number
  seconds: number
  random: Random
  /** Told about every answered call. */
  onAnswered?: (n: number, conversationId: string) => void
}

/** Longest wait for an answer. */
const TIMEOUT_MS = 10_000

/** More than the bridge ever has open at the rates in question: a request does not wait for a connection. */
const MAX_CONNECTIONS = 512

export async function openLoop ({ url, callers, rate, seconds, random, onAnswered }: OpenLoopOptions): Promise<OpenLoopFigures> {
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS })
  const latencies: number[] = []
  const delays: number[] = []
  let errors = 0
  let neutral = 0
  const open = new Set<ClientRequest>()

  function send (dueAt: number): void {
    const { n, conversationId, body } = callStart(callers, random)
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
        onAnswered?.(n, conversationId)
      })
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer')))
    outgoing.on('error', () => { errors++ })
    outgoing.on('close', () => { open.delete(outgoing) })
    open.add(outgoing)
    outgoing.end(body)
  }

  const total = rate * seconds
  const startAt = performance.now() + 1
  for (let sent = 0; sent < total;) {
    for (; sent < total && startAt + sent * 1000 / rate <= performance.now(); sent++) send(startAt + sent * 1000 / rate)
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
