/**
 * Strangers without a secret attack while genuine rings come on new connections: nearly all rings have to be answered
 * quickly, and the bridge's memory stays bounded.
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

/** Genuine rings a second, each on a connection of its own, from the same address as the strangers. */
const RINGS_A_SECOND = 20

/** What is promised of them. A few seconds beside other tests tell starving from slowness, no more: there it is two seconds. */
const LEAST_QUICK = 0.99
const QUICK_MS = 500
const BRIEF_SECONDS = 5
const BRIEF_QUICK_MS = 2000
const LEAST_QUICK_BRIEFLY = 0.9

/** What is promised of half of the large post-calls that are genuine. */
const POST_CALL_MS = 2000

/** What the bridge may take, in megabytes. */
const MAX_MEMORY_MB = 600

/** Longest wait for a response. */
const TIMEOUT_MS = 10_000

const MB = 1024 * 1024
const ATTACK = resolve('dist/bench/chaos/attack.js')

interface Findings {
  figures: string[]
  faults: string[]
}

export const pipelines = underAttack('strangers who do not read', 'pipelines', ring)
export const crowds = underAttack('thousands of idle connections', 'crowds', ring)
export const largeBodies = underAttack('large bodies, slow and hostile', 'bodies', async (url, parts) => {
  const findings = await Promise.all([ring(url, parts), postCalls(url, parts)])
  return { figures: findings.flatMap(({ figures }) => figures), faults: findings.flatMap(({ faults }) => faults) }
})

function underAttack (name: string, attack: string, genuine: (url: URL, parts: ScenarioParts) => Promise<Findings>): Scenario {
  return {
    name,
    async run (parts) {
      const bridge = spawn(parts)
      const url = new URL(await bridge.listening)
      const attacker = spawnProcess(process.execPath, [ATTACK, attack, url.hostname, url.port], { stdio: 'inherit' })
      const attackOver = once(attacker, 'exit')
      parts.cleanup.defer(() => attacker.kill('SIGKILL'))
      const { figures, faults } = await genuine(url, parts)
      attacker.kill('SIGKILL')
      await attackOver

      const { peakMb } = await memoryOf(bridge.pid)
      if (peakMb > MAX_MEMORY_MB) faults.push(`the bridge took ${Math.round(peakMb)} MB`)
      return { figures: [...figures, `peak ${Math.round(peakMb)} MB`].join('; '), faults: [...faults, ...await stop(bridge)] }
    }
  }
}

/** Rings at a fixed rate. */
async function ring (url: URL, { seconds, random }: ScenarioParts): Promise<Findings> {
  const rings: Array<Promise<number>> = []
  const startAt = performance.now()
  for (let n = 0; n < seconds * RINGS_A_SECOND; n++) {
    const dueAt = startAt + n * 1000 / RINGS_A_SECOND
    await sleep(Math.max(0, dueAt - performance.now()))
    const body = JSON.stringify(ringBody(newCall(random.below(1000), random)))
    rings.push(send(url, '/webhook/personalize', { 'x-webhook-secret': WEBHOOK_SECRET }, body)
      .then((status) => status === 200 ? performance.now() - dueAt : Infinity))
  }
  const latencies = await Promise.all(rings)
  const [quickMs, least] = seconds > BRIEF_SECONDS ? [QUICK_MS, LEAST_QUICK] : [BRIEF_QUICK_MS, LEAST_QUICK_BRIEFLY]
  const quick = latencies.filter((ms) => ms <= quickMs).length
  const figures = `${quick} of ${rings.length} rings within ${quickMs} ms, ${summary(latencies)}`
  return { figures: [figures], faults: quick < least * rings.length ? [`only ${figures}`] : [] }
}

/** Genuine post-calls of 2 MB, one after the other, and last some whose structure would take seconds to parse. */
async function postCalls (url: URL, { seconds }: ScenarioParts): Promise<Findings> {
  const genuine = `{"type":"x","filling":"${'a'.repeat(2 * MB)}"}`
  const latencies: number[] = []
  const faults: string[] = []
  const endAt = performance.now() + seconds * 1000
  while (performance.now() < endAt) {
    const startAt = performance.now()
    const status = await postCall(url, genuine)
    latencies.push(performance.now() - startAt)
    if (status !== 200) faults.push(`a genuine post-call was answered ${status}`)
  }
  if (percentile(latencies, 0.5) > POST_CALL_MS) faults.push(`half of the genuine post-calls took more than ${POST_CALL_MS} ms`)
  for (const hostile of ['['.repeat(24 * MB), `[${'{},'.repeat(8 * MB - 10)}0]`, `{${'"a":0,'.repeat(3 * MB)}"a":0}`]) {
    const status = await postCall(url, hostile)
    // The connection may break before the response is read: the bridge does not wait for the rest.
    if (status !== 413 && status !== null) faults.push(`a hostile post-call was answered ${status}`)
  }
  return { figures: [`${latencies.length} genuine post-calls of 2 MB, ${summary(latencies)}`], faults }
}

async function postCall (url: URL, body: string): Promise<number | null> {
  return await send(url, '/webhook/post-call', {
    'elevenlabs-signature': signatureHeader(body, WEBHOOK_SECRET, Math.floor(Date.now() / 1000))
  }, body)
}

/** The status of the response; null when there is none. */
function send (url: URL, path: string, headers: Record<string, string>, body: string): Promise<number | null> {
  return new Promise((resolve) => {
    const outgoing = request(new URL(path, url), {
      method: 'POST', agent: false, timeout: TIMEOUT_MS, headers: { ...headers, 'content-length': Buffer.byteLength(body) }
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
