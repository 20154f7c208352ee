/** A change that waits to be saved together with others. Until then it may be applied several times. */
import type { Caller, Change } from '../caller/caller.ts'

export interface PendingChange {
  /** Whether a power cut may undo it. */
  readonly isSoon: boolean
  /**
   * Applies the change, keeps its result and returns the next state. What the change throws is kept, too, and leaves
   * the state as it is.
   */
  apply (caller: Caller): Caller
  /** Resolves or rejects with the outcome of the last `apply`. */
  settle (): void
  /** Rejects, because the change could not be saved. */
  fail (error: unknown): void
}

/**
 * Passes a change to `enqueue`. Resolves to its result once it is settled; rejects with what it throws.
 *
 * @param first - its result if it was already applied; without it, it must be applied before it is settled
 */
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
