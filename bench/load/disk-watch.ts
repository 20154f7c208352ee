/** Measures how long after the response a call start is on disk, by reading the journal as it grows. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Cleanup } from '../cleanup.ts'
import { percentile } from './figures.ts'

export interface WatchedCall {
  conversationId: string
  /** Milliseconds since 1970. */
  respondedAt: number
}

export interface DiskFigures {
  calls: number
  p50Ms: number
  p99Ms: number
  maxMs: number
  /** Calls that were not there after {@link MISSING_AFTER_MS}. */
  missing: number
}

export const MISSING_AFTER_MS = 5000

/** Only one call in 50 is watched, so that the watcher does not compete with the bridge for the disk. */
const ONE_IN = 50

/** The watcher is its own process, because reading files in this one would delay requests. */
export async function watchDisk (dataDir: string, cleanup: Cleanup) {
  const child = fork(join(import.meta.dirname, 'disk-watcher.js'), [join(dataDir, 'rings')])
  cleanup.defer(() => child.kill('SIGKILL'))
  await once(child, 'message')
  let responses = 0
  return {
    onResponse (conversationId: string): void {
      if (responses++ % ONE_IN !== 0) return
      child.send({ conversationId, respondedAt: Date.now() } satisfies WatchedCall)
    },
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
