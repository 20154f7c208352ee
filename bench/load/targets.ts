/** The measured servers, each its own process: a bridge per store, and two bare servers. */
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
  callers: number
  /** Null for a bare server. */
  bridge: { driver: Driver, startMs: number, store: GeneratedStore } | null
}

/** The median of these start times counts, so that one disturbed start does no harm. */
const STARTS = 3

const READY_MS = 20_000

/** Starts the bridge a few times, and leaves the last one running. Throws if it does not recognise the callers. */
export async function startBridgeTarget (driver: Driver, store: GeneratedStore, cleanup: Cleanup): Promise<Target> {
  const folder = await cleanup.folder()
  const startTimes: number[] = []
  for (;;) {
    const bridge = spawnBridge({ dataDir: store.dataDir, logFile: join(folder, 'bridge.log'), env: store.env }, cleanup)
    const url = await bridge.listening
    startTimes.push(bridge.startMs())
    if (startTimes.length === STARTS) {
      await untilReady(url)
      await responseOf(url, store.callers)
      return {
        name: `bridge, ${driver}`,
        url,
        pid: bridge.pid,
        callers: store.callers,
        bridge: { driver, startMs: median(startTimes), store }
      }
    }
    bridge.signal('SIGTERM')
    await bridge.exited
  }
}

/** A bridge listens even if its storage is not available yet. */
export async function untilReady (url: string): Promise<void> {
  const until = performance.now() + READY_MS
  while ((await fetch(`${url}/health/ready`)).status !== 200) {
    if (performance.now() > until) throw new Error('the bridge listens, but its storage is not ready')
    await sleep(50)
  }
}

/** The bytes of a personal response, which the bare servers send, too. */
export async function responseOf (url: string, callers: number): Promise<Buffer> {
  const { body } = callStart(callers, createRandom(callers))
  const response = await fetch(`${url}${PATH}`, { method: 'POST', headers: HEADERS, body })
  const bytes = Buffer.from(await response.arrayBuffer())
  if (!isPersonal(bytes.toString())) {
    throw new Error(`the bridge does not recognise callers such as ${hashOf(0)}: it cannot read the generated store`)
  }
  return bytes
}

export async function startBareTarget (
  name: string, script: string, response: Buffer, callers: number, cleanup: Cleanup
): Promise<Target> {
  const file = join(await cleanup.folder(), 'response.json')
  await writeFile(file, response)
  const child = fork(join(import.meta.dirname, script), [file])
  cleanup.defer(() => child.kill('SIGKILL'))
  const [port] = await once(child, 'message') as [number]
  return { name, url: `http://127.0.0.1:${port}`, pid: child.pid!, callers, bridge: null }
}
