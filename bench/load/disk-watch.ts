/** How long after its answer a call is on disk: for some calls, looks at the caller's file until it names the conversation. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Cleanup } from '../cleanup.ts'
import { recordPath } from '../folder-format.ts'
import { hashOf } from '../people.ts'
import { percentile } from './figures.ts'

/** What the watcher is told, in milliseconds since 1970. */
export interface Sighting {
  path: string
  conversationId: string
  answeredAt: number
}

export interface DiskFigures {
  /** Calls that were looked for. */
  calls: number
  p50Ms: number
  p99Ms: number
  maxMs: number
  /** Calls that were not there after {@link PATIENCE_MS}. */
  missing: number
}

/** A call that is not on disk by then is missing. */
export const PATIENCE_MS = 5000

/** One call in so many is looked for: the watcher must not compete with the bridge for the disk. */
const ONE_IN = 50

/** A process of its own: reading files here would delay the requests. */
export async function watchDisk (dataDir: string, cleanup: Cleanup) {
  const child = fork(join(import.meta.dirname, 'disk-watcher.js'))
  cleanup.defer(() => child.kill('SIGKILL'))
  await once(child, 'message')
  let answered = 0
  return {
    onAnswered (n: number, conversationId: string): void {
      if (answered++ % ONE_IN !== 0) return
      child.send({ path: recordPath(dataDir, hashOf(n)), conversationId, answeredAt: Date.now() } satisfies Sighting)
    },
    /** Waits until each call was seen or is missing. */
    async figures (): Promise<DiskFigures> {
      child.send('end')
      const [delays] = await once(child, 'message') as [Array<number | null>]
      child.disconnect()
      const seen = delays.filter((delay) => delay !== null)
      return {
        calls: delays.length,
        p50Ms: percentile(seen, 0.5),
        p99Ms: percentile(seen, 0.99),
        maxMs: percentile(seen, 1),
        missing: delays.length - seen.length
      }
    }
  }
}
