/**
 * Strangers without a secret attack, while genuine call starts come on new connections: nearly all of these have to get
 * a quick response, and the bridge's memory has to stay bounded.
 */
import { spawn as spawnProcess } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ringBody, signatureHeader } from '../../../src/demo/elevenlabs.ts'
import { WEBHOOK_SECRET } from '../../bridge.ts'
import { percentile } from '../../load/figures.ts'
import { newCall } from '../../people.ts'
import { memoryOf } from '../../process-usage.ts'
import { spawn, stop, type Scenario, type ScenarioParts } from '../scenario.ts'

/** Each on its own connection, from the same address as the strangers. */
const CALLS_PER_SECOND = 20

/** The promise. A short attack beside other tests can only show whether calls starve: its limit is 2 seconds. */
const LEAST_QUICK = 0.99
const QUICK_MS = 500
const BRIEF_SECONDS = 5
const BRIEF_QUICK_MS = 2000
const LEAST_QUICK_BRIEFLY = 0.9

const CALL_END_MS = 2000

const MAX_MEMORY_MB = 600

const TIMEOUT_MS = 10_000

const MB = 1024 * 1024
const ATTACK = resolve('dist/bench/chaos/attack.js')

interface Findings {
  figures: string[]
  faults: string[]
}

export const pipelines = underAttack('strangers who do not read', 'pipelines', callStarts)
export const crowds = underAttack('thousands of idle connections', 'crowds', callStarts)
export const largeBodies = underAttack('large bodies, slow and hostile', 'bodies', async (url, parts) => {
  const findings = await Promise.all([callStarts(url, parts), callEnds(url, parts)])
  return { figures: findings.flatMap(({ figures }) => figures), faults: findings.flatMap(({ faults }) => faults) }
})

function underAttack (
  name: string, attack: string, genuine: (url: URL, parts: ScenarioParts) => Promise<Findings>
): Scenario {
  return {
    name,
    async run (parts) {
      const bridge = spawn(parts)
      const url = new URL(await bridge.ready())
      const attacker = spawnProcess(process.execPath, [ATTACK, attack, url.hostname, url.port], { stdio: 'inherit' })
      const attackOver = once(attacker, 'exit')
      parts.cleanup.defer(() => attacker.kill('SIGKILL'))
      const { figures, faults } = await genuine(url, parts)
      attacker.kill('SIGKILL')
      await attackOver

      const { peakMb } = await memoryOf(bridge.pid)
      if (peakMb > MAX_MEMORY_MB) faults.push(`the bridge took ${Math.round(peakMb)} MB`)
      return {
        figures: [...figures, `peak ${Math.round(peakMb)} MB`].join('; '),
        faults: [...faults, ...await stop(bridge)]
      }
    }
  }
}

async function callStarts (url: URL, { seconds, random }: ScenarioParts): Promise<Findings> {
  const calls: Array<Promise<number>> = []
  const startAt = performance.now()
  for (let n = 0; n < seconds * CALLS_PER_SECOND; n++) {
    const dueAt = startAt + n * 1000 / CALLS_PER_SECOND
    await sleep(Math.max(0, dueAt - performance.now()))
    const body = JSON.stringify(ringBody(newCall(random.below(1000), random)))
    calls.push(send(url, '/webhook/personalize', { 'x-webhook-secret': WEBHOOK_SECRET }, body)
      .then((status) => status === 200 ? performance.now() - dueAt : Infinity))
  }
  const latencies = await Promise.all(calls)
  const [quickMs, least] = seconds > BRIEF_SECONDS ? [QUICK_MS, LEAST_QUICK] : [BRIEF_QUICK_MS, LEAST_QUICK_BRIEFLY]
  const quick = latencies.filter((ms) => ms <= quickMs).length
  const figures = `${quick} of ${calls.length} call starts within ${quickMs} ms, ${summary(latencies)}`
  return { figures: [figures], faults: quick < least * calls.length ? [`only ${figures}`] : [] }
}

/** Sends genuine call ends of 2 MB one by one, and then some bodies that would take seconds to parse. */
async function callEnds (url: URL, { seconds }: ScenarioParts): Promise<Findings> {
  const genuine = `{"type":"x","filling":"${'a'.repeat(2 * MB)}"}`
  const latencies: number[] = []
  const faults: string[] = []
  const endAt = performance.now() + seconds * 1000
  while (performance.now() < endAt) {
    const startAt = performance.now()
    const status = await callEnd(url, genuine)
    latencies.push(performance.now() - startAt)
    if (status !== 200) faults.push(`a genuine call end got ${status}`)
  }
  if (percentile(latencies, 0.5) > CALL_END_MS) {
    faults.push(`half of the genuine call ends took more than ${CALL_END_MS} ms`)
  }
  const hostileBodies = [
    '['.repeat(24 * MB),
    `[${'{},'.repeat(8 * MB - 10)}0]`,
    `{${'"a":0,'.repeat(3 * MB)}"a":0}`
  ]
  for (const hostile of hostileBodies) {
    const status = await callEnd(url, hostile)
    // The connection may break before the response is read: the bridge does not wait for the rest.
    if (status !== 413 && status !== null) faults.push(`a hostile call end got ${status}`)
  }
  return { figures: [`${latencies.length} genuine call ends of 2 MB, ${summary(latencies)}`], faults }
}

async function callEnd (url: URL, body: string): Promise<number | null> {
  return await send(url, '/webhook/post-call', {
    'elevenlabs-signature': signatureHeader(body, WEBHOOK_SECRET, Math.floor(Date.now() / 1000))
  }, body)
}

function send (url: URL, path: string, headers: Record<string, string>, body: string): Promise<number | null> {
  return new Promise((resolve) => {
    const outgoing = request(new URL(path, url), {
      method: 'POST',
      agent: false,
      timeout: TIMEOUT_MS,
      headers: { ...headers, 'content-length': Buffer.byteLength(body) }
    })
    outgoing.on('timeout', () => outgoing.destroy())
    outgoing.on('error', () => resolve(null))
    outgoing.on('response', (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? null))
    })
    outgoing.end(body)
  })
}

function summary (latencies: number[]): string {
  const ms = (share: number) => Math.round(percentile(latencies, share))
  return `p50 ${ms(0.5)} ms, p99 ${ms(0.99)} ms, slowest ${ms(1)} ms`
}
