/** A bounded number of places for work that could pile up. */
import { StorageBusy } from '../errors.ts'

/**
 * Runs work as soon as it has a place, and keeps the place until the work is done. Who came first goes first.
 *
 * @param patienceMs - longest wait for a place, in milliseconds: then it rejects with `StorageBusy`, and the work never
 *   starts. Work that need not wait starts in any case. Default: as long as it takes
 */
export type Limit = <T>(work: () => Promise<T>, patienceMs?: number) => Promise<T>

export function createLimit (count: number): Limit {
  const waiting = new Set<() => void>()
  let free = count

  async function inSlot<T> (work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } finally {
      const [next] = waiting
      if (next === undefined) free++
      else next()
    }
  }

  async function untilFree (patienceMs: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const giveUp = () => {
        waiting.delete(start)
        reject(new StorageBusy())
      }
      const timer = patienceMs === Infinity ? undefined : setTimeout(giveUp, patienceMs)
      const start = () => {
        waiting.delete(start)
        clearTimeout(timer)
        resolve()
      }
      waiting.add(start)
    })
  }

  return async (work, patienceMs = Infinity) => {
    if (free > 0) free--
    else await untilFree(patienceMs)
    return await inSlot(work)
  }
}
