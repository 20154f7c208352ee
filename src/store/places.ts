/** A bounded number of places for work that could pile up. */
import PQueue from 'p-queue'
import { StorageBusy } from '../errors.ts'

/**
 * Runs work as soon as it has a place, and keeps the place until the work is done.
 *
 * @param signal - ends the waiting, not the work: then it rejects with `StorageBusy`, and the work never starts. Work that
 *   need not wait starts in any case
 */
export type Places = <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T>

export function createPlaces (count: number): Places {
  const queue = new PQueue({ concurrency: count })

  return async (work, signal) => {
    // The queue would free the place of work that runs on after an abort: so it hears of the signal only while this waits.
    const waiting = new AbortController()
    const leave = () => waiting.abort(new StorageBusy())
    if (signal?.aborted && queue.pending >= count) leave()
    signal?.addEventListener('abort', leave)
    const stay = () => signal?.removeEventListener('abort', leave)
    try {
      return await queue.add(() => { stay(); return work() }, { signal: waiting.signal })
    } finally {
      stay()
    }
  }
}
