/** A change that waits to be saved, together with others, and may be made several times until it is. */
import type { Caller, Change } from '../caller/caller.ts'

/** The change as whoever saves it sees it. */
export interface PendingChange {
  /** Whether a power cut may take it back. */
  readonly isSoon: boolean
  /** Applies the change, keeps its result, gives the next state. A refusal is kept too, and leaves the state alone. */
  apply (caller: Caller): Caller
  /** Tells whoever waits what came of it the last time it was applied. */
  settle (): void
  /** Tells whoever waits that it could not be saved. */
  fail (error: unknown): void
}

/**
 * Hands a change to whoever saves it. Resolves to its result once it is settled; what the change threw is passed on.
 *
 * @param first - what it gave when it was applied before; without it, it has to be applied before it is settled
 */
export function pendingChange<T> (change: Change<T>, isSoon: boolean, hand: (job: PendingChange) => void, first?: { result: T }): Promise<T> {
  return new Promise((resolve, reject) => {
    let settle = () => { if (first !== undefined) resolve(first.result) }
    hand({
      isSoon,
      apply (caller) {
        try {
          const next = change(caller)
          settle = () => resolve(next.result)
          return next.caller
        } catch (refusal) {
          settle = () => reject(refusal)
          return caller
        }
      },
      settle: () => settle(),
      fail: reject
    })
  })
}
