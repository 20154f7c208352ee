/**
 * The changes of each caller, gathered: while a transaction for a caller runs, further changes of that caller wait and go
 * into the next one together. So a caller takes one connection at most, however many changes come at once.
 */
import type { Caller, Change } from '../../caller/caller.ts'
import { pendingChange, type PendingChange } from '../pending-change.ts'

/**
 * Runs one transaction for a caller.
 *
 * @param apply - makes the changes on what was read; to be called again when the transaction is run again
 * @param isSoon - asked when it is about to end: whether no change has to wait for the disk
 */
export type Transact = (phoneHash: string, apply: (caller: Caller) => Caller, isSoon: () => boolean) => Promise<void>

export interface CallerBatches {
  /** Resolves to the change's result once its transaction has ended; what the change throws is passed on. */
  change<T> (phoneHash: string, change: Change<T>, isSoon: boolean): Promise<T>
}

export function createCallerBatches (transact: Transact): CallerBatches {
  /** Changes that no transaction has taken yet, for each caller that has a transaction running. */
  const active = new Map<string, PendingChange[]>()

  async function runAll (phoneHash: string, waiting: PendingChange[]): Promise<void> {
    while (waiting.length > 0) {
      const batch: PendingChange[] = []
      try {
        await transact(
          phoneHash,
          (caller) => {
            // Only now, with the lock in hand: what came while it was waited for goes along.
            batch.push(...waiting.splice(0))
            return batch.reduce((before, job) => job.apply(before), caller)
          },
          () => batch.every(({ isSoon }) => isSoon)
        )
        batch.forEach((job) => job.settle())
      } catch (error) {
        // Whatever the reason, each waiting change is told; none is lost silently, and none waits for the same failure again.
        for (const job of [...batch, ...waiting.splice(0)]) job.fail(error)
      }
    }
    active.delete(phoneHash)
  }

  return {
    change (phoneHash, change, isSoon) {
      return pendingChange(change, isSoon, (job) => {
        const waiting = active.get(phoneHash)
        if (waiting !== undefined) {
          waiting.push(job)
        } else {
          const first = [job]
          active.set(phoneHash, first)
          void runAll(phoneHash, first)
        }
      })
    }
  }
}
