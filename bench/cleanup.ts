/** What has to be undone at the end, also after a failure and on Ctrl+C: processes, mounts, folders. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Cleanup {
  /** Registers what undoes the step before; it must be safe to call when nothing is left to undo. Too late, it is undone at once. */
  defer (undo: () => unknown): void
  /**
   * A new folder, gone at the end.
   *
   * @throws {Error} the end has begun
   */
  folder (parent?: string): Promise<string>
  /** Undoes everything, newest first. A step that fails does not keep the others from running; the first failure is thrown. */
  run (): Promise<void>
  /** Whether the end has begun: nothing new should be started. */
  isOver (): boolean
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
      if (isOver) throw new Error('stopped')
      const path = await mkdtemp(join(parent, 'memory-bridge-bench-'))
      // Somebody may still be writing there for a moment.
      cleanup.defer(() => rm(path, { recursive: true, force: true, maxRetries: 5 }))
      return path
    },

    isOver: () => isOver,

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
  let isStopping = false
  for (const [signal, number] of [['SIGINT', 2], ['SIGTERM', 15]] as const) {
    // Not once: npm passes on a Ctrl+C that the terminal has sent here as well, and the second would end it at once.
    process.on(signal, () => {
      if (isStopping) return
      isStopping = true
      console.error(`${signal}: cleaning up`)
      cleanup.run().catch((error: unknown) => console.error(error)).finally(() => process.exit(128 + number))
    })
  }
  try {
    await work(cleanup)
  } catch (error) {
    // What fails because its processes and folders are taken away is no news.
    if (!isStopping) throw error
  } finally {
    await cleanup.run()
  }
}
