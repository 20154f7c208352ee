/** What is measured side by side, each a process of its own: the bridge over its stores, and the two bare servers. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { spawnBridge } from '../bridge.ts'
import type { Cleanup } from '../cleanup.ts'
import { hashOf } from '../people.ts'
import { createRandom } from '../random.ts'
import { callStart, HEADERS, isPersonal, PATH } from './call-starts.ts'
import { median } from './figures.ts'
import type { Driver } from './options.ts'
import type { GeneratedStore } from './stores.ts'

export interface Target {
  name: string
  url: string
  pid: number
  /** How many callers it is asked for. */
  callers: number
  /** What only the bridge has. */
  bridge: { driver: Driver, startMs: number, store: GeneratedStore } | null
}

/** Starts are quick, so one that the machine disturbed can be left out. */
const STARTS = 3

/** Longest wait for the storage after a start. */
const READY_MS = 20_000

/**
 * Starts the bridge over a store a few times, and leaves the last one running.
 *
 * @throws {Error} it does not know the callers that were written
 */
export async function startBridgeTarget (driver: Driver, store: GeneratedStore, cleanup: Cleanup): Promise<Target> {
  const folder = await cleanup.folder()
  const startTimes: number[] = []
  for (;;) {
    const bridge = spawnBridge({ dataDir: store.dataDir, logFile: join(folder, 'bridge.log'), env: store.env }, cleanup)
    const url = await bridge.listening
    startTimes.push(bridge.startMs())
    if (startTimes.length === STARTS) {
      await untilReady(url)
      await answerOf(url, store.callers)
      return {
        name: `bridge, ${driver}`, url, pid: bridge.pid, callers: store.callers, bridge: { driver, startMs: median(startTimes), store }
      }
    }
    bridge.signal('SIGTERM')
    await bridge.exited
  }
}

/** Listening is not all: a database may still be on its way. */
export async function untilReady (url: string): Promise<void> {
  for (const until = performance.now() + READY_MS; (await fetch(`${url}/health/ready`)).status !== 200;) {
    if (performance.now() > until) throw new Error('the bridge listens, but its storage is not ready')
    await sleep(50)
  }
}

/** The bytes of a personal answer; all targets then answer these. */
export async function answerOf (url: string, callers: number): Promise<Buffer> {
  const response = await fetch(`${url}${PATH}`, { method: 'POST', headers: HEADERS, body: callStart(callers, createRandom(callers)).body })
  const bytes = Buffer.from(await response.arrayBuffer())
  if (!isPersonal(bytes.toString())) {
    throw new Error(`the bridge does not know its callers, such as ${hashOf(0)}: the stores are not written as it reads them`)
  }
  return bytes
}

/** Starts a bare server that gives this answer. */
export async function startBareTarget (name: string, script: string, answer: Buffer, callers: number, cleanup: Cleanup): Promise<Target> {
  const file = join(await cleanup.folder(), 'answer.json')
  await writeFile(file, answer)
  const child = fork(join(import.meta.dirname, script), [file])
  cleanup.defer(() => child.kill('SIGKILL'))
  const [port] = await once(child, 'message') as [number]
  return { name, url: `http://127.0.0.1:${port}`, pid: child.pid!, callers, bridge: null }
}
