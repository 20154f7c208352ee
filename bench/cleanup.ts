/** What has to be undone at the end, also after a failure and on Ctrl+C: processes, mounts, folders. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Cleanup {
  /** Registers what undoes the step before; it must be safe to call when nothing is left to undo. Too late, it is undone at once. */
  defer (undo: () => unknown): void
  /** A new folder, gone at the end. */
  folder (parent?: string): Promise<string>
  /** Undoes everything, newest first. A step that fails does not keep the others from running; the first failure is thrown. */
  run (): Promise<void>
}

export function createCleanup (): Cleanup {
  const steps: Array<() => unknown> = []
  let isOver = false
  const cleanup: Cleanup = {
    defer (undo) {
      steps.push(undo)
      if (isOver) cleanup.run().catch((error: unknown) => console.error(error))
    },

    async folder (parent = tmpdir()) {
      const path = await mkdtemp(join(parent, 'memory-bridge-bench-'))
      cleanup.defer(() => rm(path, { recursive: true, force: true }))
      return path
    },

    async run () {
      isOver = true
      const failures: unknown[] = []
      for (let undo = steps.pop(); undo !== undefined; undo = steps.pop()) {
        try {
          await undo()
        } catch (error) {
          failures.push(error)
        }
      }
      if (failures.length > 0) throw failures[0]
    }
  }
  return cleanup
}

/** Runs `work` and cleans up after it, however it ends: a signal ends the process with the code that shells expect. */
export async function withCleanup (work: (cleanup: Cleanup) => Promise<void>): Promise<void> {
  const cleanup = createCleanup()
  for (const [signal, number] of [['SIGINT', 2], ['SIGTERM', 15]] as const) {
    process.once(signal, () => {
      console.error('stopped; cleaning up')
      cleanup.run().finally(() => process.exit(128 + number))
    })
  }
  try {
    await work(cleanup)
  } finally {
    await cleanup.run()
  }
}
