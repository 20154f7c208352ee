/** As many call starts as a target can handle: a fixed number of connections, each with one request at a time. */
import autocannon from 'autocannon'
import type { Random } from '../random.ts'
import { callStart, HEADERS, isPersonal, PATH } from './call-starts.ts'

export interface ClosedLoopFigures {
  /** Responses with 200 per second. */
  rate: number
  p50Ms: number
  p99Ms: number
  /** Responses other than 200, and failed connections. */
  errors: number
  neutral: number
  /** Share of one core that the generator used, 0 to 1. */
  generatorLoad: number
}

export interface ClosedLoopOptions {
  url: string
  callers: number
  connections: number
  seconds: number
  random: Random
}

export async function closedLoop (
  { url, callers, connections, seconds, random }: ClosedLoopOptions
): Promise<ClosedLoopFigures> {
  let neutral = 0
  const startedAt = performance.now()
  const cpuBefore = process.cpuUsage()
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    requests: [{
      method: 'POST',
      path: PATH,
      headers: HEADERS,
      setupRequest: (request) => ({ ...request, body: callStart(callers, random).body }),
      onResponse: (status, body) => { if (status === 200 && !isPersonal(body)) neutral++ }
    }]
  })
  const { user, system } = process.cpuUsage(cpuBefore)
  return {
    rate: result['2xx'] / result.duration,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    errors: result.non2xx + result.errors + result.timeouts,
    neutral,
    generatorLoad: (user + system) / 1000 / (performance.now() - startedAt)
  }
}
