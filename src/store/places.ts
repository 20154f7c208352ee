/** A bounded number of places for work that is waited for with a deadline. */
import PQueue from 'p-queue'
import { StorageBusy } from '../errors.ts'

/** Takes a place, and resolves to what gives it back. */
export type TakePlace = (signal?: AbortSignal) => Promise<() => void>

/**
 * @param count - places in all
 * @throws {StorageBusy} when `signal` is aborted before a place was free
 */
export function createPlaces (count: number): TakePlace {
  const queue = new PQueue({ concurrency: count })
  return (signal) => new Promise((resolve, reject) => {
    // The place is held for as long as the work of the queue is not done: until it is given back.
    const hold = () => new Promise<void>((_resolve) => resolve(_resolve))
    queue.add(hold, signal === undefined ? {} : { signal })
      .catch((error: unknown) => reject(signal?.aborted === true ? new StorageBusy() : error))
  })
}
