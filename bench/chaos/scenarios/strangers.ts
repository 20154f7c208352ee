/**
 * Strangers without a secret attack, while genuine calls start and end on new connections. These may wait for their
 * responses a few times as long as at a bare server under the same attack, which shows what that costs Node itself on
 * this machine now. The bridge's memory has to stay bounded.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ringBody, signatureHeader } from '../../../src/simulate/elevenlabs.ts'
import { WEBHOOK_SECRET } from '../../bridge.ts'
import type { Cleanup } from '../../cleanup.ts'
import { percentile } from '../../load/report.ts'
import { newCall } from '../../people.ts'
import { memoryOf } from '../../process-usage.ts'
import type { Random } from '../../random.ts'
import { spawn, stop, type Scenario } from '../scenario.ts'

/** Each on its own connection, from the same address as the strangers. */
const CALLS_PER_SECOND = 20

/** Without an attack, so that neither server loads or compiles code during it; not measured. */
const WARM_UP_MS = 1000

/** Longest for an attack to open its connections, from when on it is measured for the time that was asked for. */
const MAX_OPENING_MS = 15_000

/**
 * Longest, in multiples of the time at the bare server. On a machine so busy that half of all call starts took up to 14
 * seconds, they took 0.5 to 3.1 times as long, and call ends, whose bodies the bridge scans, 3 to 11 times. Without the
 * limits of `src/connections.ts`, more than a tenth of the call starts got no response.
 */
const MOST_TIMES = 6
const MOST_TIMES_AT_END = 25

/**
 * What takes no longer than this is well, whatever the bare server does. Near the 5,000 connections a second of an
 * attack's beginning, one server still keeps up and the other queues: 400 to 700 ms were 4 to 12 times as long.
 */
const SHORT_WAIT_MS = 2000

/** What is compared. Of a short attack, the slowest calls are chance; call ends are few. */
const SHARE = 0.99
const BRIEF_SECONDS = 5
const BRIEF_SHARE = 0.9
const SHARE_AT_END = 0.5

const MAX_MEMORY_MB = 600

const TIMEOUT_MS = 30_000

const MB = 1024 * 1024
const ATTACK = resolve('dist/bench/chaos/attack.js')
const BARE_SERVER = resolve('dist/bench/chaos/bare-server.js')

/** What strangers ask for. */
const PAGES = ['/docs/json', '/docs/static/swagger-ui-bundle.js', '/health']
/** Of a response to a call start. */
const CALL_BYTES = 4000

/** In milliseconds. Infinity if the response was not 200. */
interface Latencies {
  starts: number[]
  /** Of 2 MB each. */
  ends: number[]
}

type Genuine = (url: URL, isOver: () => boolean, random: Random) => Promise<Latencies>

export const pipelines = underAttack('strangers who do not read', 'pipelines', onlyStarts)
export const crowds = underAttack('thousands of idle connections', 'crowds', onlyStarts)
export const largeBodies = underAttack('large bodies, slow and hostile', 'bodies', async (url, isOver, random) => {
  const [starts, ends] = await Promise.all([callStarts(url, isOver, random), callEnds(url, isOver)])
  return { starts, ends }
}, hostileBodies)

function underAttack (
  name: string, attack: string, genuine: Genuine, meanwhile: (url: URL) => Promise<string[]> = async () => []
): Scenario {
  return {
    name,
    async run (parts) {
      const { seconds, random, cleanup } = parts

      async function attacked<T> (url: URL, work: (isOver: () => boolean) => Promise<T>): Promise<T> {
        await genuine(url, timer(WARM_UP_MS), random)
        const attacker = fork(ATTACK, [attack, url.hostname, url.port])
        const attackOver = once(attacker, 'exit')
        cleanup.defer(() => attacker.kill('SIGKILL'))
        let isOver = timer(MAX_OPENING_MS)
        attacker.once('message', () => { isOver = timer(seconds * 1000) })
        const result = await work(() => isOver())
        attacker.kill('SIGKILL')
        await attackOver
        return result
      }

      const bridge = spawn(parts)
      const url = new URL(await bridge.ready())
      const bareUrl = await startBareServer(url, cleanup)
      const bare = await attacked(bareUrl, (isOver) => genuine(bareUrl, isOver, random))
      const [ours, faults] = await attacked(url, async (isOver) =>
        [await genuine(url, isOver, random), await meanwhile(url)] as const)

      const share = seconds > BRIEF_SECONDS ? SHARE : BRIEF_SHARE
      const compared = [
        compare('call starts', ours.starts, bare.starts, { share, most: MOST_TIMES }),
        ...ours.ends.length === 0
          ? []
          : [compare('call ends of 2 MB', ours.ends, bare.ends, { share: SHARE_AT_END, most: MOST_TIMES_AT_END })]
      ]
      const { peakMb } = await memoryOf(bridge.pid)
      if (ours.ends.includes(Infinity)) faults.push('a genuine call end did not get 200')
      if (peakMb > MAX_MEMORY_MB) faults.push(`the bridge took ${Math.round(peakMb)} MB`)
      return {
        figures: [...compared.map(({ figures }) => figures), `peak ${Math.round(peakMb)} MB`].join('; '),
        faults: [...compared.flatMap(({ faults }) => faults), ...faults, ...await stop(bridge)]
      }
    }
  }
}

function compare (
  what: string, ours: number[], bare: number[], { share, most }: { share: number, most: number }
): { figures: string, faults: string[] } {
  const waited = percentile(ours, share)
  const times = waited / percentile(bare, share)
  const figures = `${ours.length} ${what}: ${summary(ours)}; at a bare server ${summary(bare)}; ` +
    `${Math.round(waited)} ms and ${times.toFixed(1)} times as long for ${100 * share} %`
  // Not above: NaN if both had to wait for ever.
  const isWell = waited <= SHORT_WAIT_MS || times <= most
  return { figures, faults: isWell ? [] : [`${figures}; above ${SHORT_WAIT_MS} ms, ${most} times is the most`] }
}

/** Tells whether a time is over. */
function timer (ms: number): () => boolean {
  const endAt = performance.now() + ms
  return () => performance.now() >= endAt
}

async function startBareServer (bridge: URL, cleanup: Cleanup): Promise<URL> {
  const pages = await Promise.all(PAGES.map(async (path) => {
    const { headers } = await fetch(new URL(path, bridge), { headers: { 'accept-encoding': 'identity' } })
    return [path, Number(headers.get('content-length'))]
  }))
  const child = fork(BARE_SERVER, [String(CALL_BYTES), JSON.stringify(Object.fromEntries(pages))])
  cleanup.defer(() => child.kill('SIGKILL'))
  const [port] = await once(child, 'message') as [number]
  return new URL(`http://127.0.0.1:${port}`)
}

async function onlyStarts (...parts: Parameters<Genuine>): Promise<Latencies> {
  return { starts: await callStarts(...parts), ends: [] }
}

async function callStarts (url: URL, isOver: () => boolean, random: Random): Promise<number[]> {
  const calls: Array<Promise<number>> = []
  const startAt = performance.now()
  for (let n = 0; !isOver(); n++) {
    const dueAt = startAt + n * 1000 / CALLS_PER_SECOND
    await sleep(Math.max(0, dueAt - performance.now()))
    const body = JSON.stringify(ringBody(newCall(random.below(1000), random)))
    calls.push(send(url, '/webhook/personalize', { 'x-webhook-secret': WEBHOOK_SECRET }, body)
      .then((status) => status === 200 ? performance.now() - dueAt : Infinity))
  }
  return await Promise.all(calls)
}

/** One by one. */
async function callEnds (url: URL, isOver: () => boolean): Promise<number[]> {
  const genuine = `{"type":"x","filling":"${'a'.repeat(2 * MB)}"}`
  const latencies: number[] = []
  while (!isOver()) {
    const startAt = performance.now()
    const status = await callEnd(url, genuine)
    latencies.push(status === 200 ? performance.now() - startAt : Infinity)
  }
  return latencies
}

/** Sends bodies that would take seconds to parse. Returns faults. */
async function hostileBodies (url: URL): Promise<string[]> {
  const bodies = [
    '['.repeat(24 * MB),
    `[${'{},'.repeat(8 * MB - 10)}0]`,
    `{${'"a":0,'.repeat(3 * MB)}"a":0}`
  ]
  const faults: string[] = []
  for (const hostile of bodies) {
    const status = await callEnd(url, hostile)
    // The connection may break before the response is read: the bridge does not wait for the rest.
    if (status !== 413 && status !== null) faults.push(`a hostile call end got ${status}`)
  }
  return faults
}

async function callEnd (url: URL, body: string): Promise<number | null> {
  return await send(url, '/webhook/post-call', {
    'elevenlabs-signature': signatureHeader(body, WEBHOOK_SECRET)
  }, body)
}

function send (url: URL, path: string, headers: Record<string, string>, body: string): Promise<number | null> {
  return new Promise((resolve) => {
    const outgoing = request(new URL(path, url), {
      method: 'POST',
      agent: false,
      timeout: TIMEOUT_MS,
      headers: { ...headers, 'x-bare': 'genuine', 'content-length': Buffer.byteLength(body) }
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
