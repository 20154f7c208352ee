/** Changes that come during a caller's transaction share the next one: a caller uses one connection at most. */
import type { Caller, Change } from '../../caller/caller.ts'
import { pendingChange, type PendingChange } from '../pending-change.ts'

/** Runs one transaction. `apply` is called again if it is retried; `isSoon` is called before the commit. */
export type Transact = (phoneHash: string, apply: (caller: Caller) => Caller, isSoon: () => boolean) => Promise<void>

export interface CallerBatches {
  /** Resolves once its transaction has ended. Rejects with what the change throws. */
  change<T> (phoneHash: string, change: Change<T>, isSoon: boolean): Promise<T>
}

export function createCallerBatches (transact: Transact): CallerBatches {
  const active = new Map<string, PendingChange[]>()

  async function runAll (phoneHash: string, waiting: PendingChange[]): Promise<void> {
    while (waiting.length > 0) {
      const batch: PendingChange[] = []
      try {
        await transact(
          phoneHash,
          (caller) => {
            // Not before the row is locked, so that changes that came meanwhile are included.
            batch.push(...waiting.splice(0))
            return batch.reduce((before, pending) => pending.apply(before), caller)
          },
          () => batch.every(({ isSoon }) => isSoon)
        )
        batch.forEach((pending) => pending.settle())
      } catch (error) {
        // Every waiting change gets the error, whatever it is: none is lost silently, or waits for the same failure.
        for (const pending of [...batch, ...waiting.splice(0)]) pending.fail(error)
      }
    }
    active.delete(phoneHash)
  }

  return {
    change (phoneHash, change, isSoon) {
      return pendingChange(change, isSoon, (pending) => {
        const waiting = active.get(phoneHash)
        if (waiting !== undefined) {
          waiting.push(pending)
        } else {
          const first = [pending]
          active.set(phoneHash, first)
          void runAll(phoneHash, first)
        }
      })
    }
  }
}
