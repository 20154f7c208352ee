/** A change that waits to be saved together with others. Until then it may be applied several times. */
import type { Caller, Change } from '../caller/caller.ts'

export interface PendingChange {
  /** Whether a power cut may undo it. */
  readonly isSoon: boolean
  /** Returns the next state and keeps the result. If the change throws, keeps its error and the old state. */
  apply (caller: Caller): Caller
  /** Resolves or rejects with the outcome of the last `apply`. */
  settle (): void
  fail (error: unknown): void
}

/** Resolves to the change's result once it is settled. `first`: its result, if it was already applied. */
export function pendingChange<T> (
  change: Change<T>, isSoon: boolean, enqueue: (pending: PendingChange) => void, first?: { result: T }
): Promise<T> {
  return new Promise((resolve, reject) => {
    let settle = () => { if (first !== undefined) resolve(first.result) }
    enqueue({
      isSoon,
      apply (caller) {
        try {
          const next = change(caller)
          settle = () => resolve(next.result)
          return next.caller
        } catch (error) {
          settle = () => reject(error)
          return caller
        }
      },
      settle: () => settle(),
      fail: reject
    })
  })
}
