/** Undoes at the end what was started, also after a failure and on Ctrl+C: processes, mounts, folders. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Cleanup {
  /** `undo` must be safe to call when nothing is left to undo. After the end has begun, it runs at once. */
  defer (undo: () => unknown): void
  /** Creates a folder that is deleted at the end. Throws if the end has begun. */
  folder (parent?: string): Promise<string>
  /** Undoes everything, newest first. All steps run even if one fails; the first failure is thrown. */
  run (): Promise<void>
  /** Whether the end has begun, so that nothing new should be started. */
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
      // Retries, because a process may still be writing there for a moment.
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

/** Runs `work` and cleans up after it. After a signal, the process exits with the code that shells expect. */
export async function withCleanup (work: (cleanup: Cleanup) => Promise<void>): Promise<void> {
  const cleanup = createCleanup()
  let isStopping = false
  for (const [signal, number] of [['SIGINT', 2], ['SIGTERM', 15]] as const) {
    // Not `once`: Ctrl+C arrives twice, from the terminal and from npm, and the second would end the process.
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
    // While stopping, `work` fails because its processes and folders are gone.
    if (!isStopping) throw error
  } finally {
    await cleanup.run()
  }
}
