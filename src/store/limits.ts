/** How many pieces of work the store does at once, and how often. */
import pLimit from 'p-limit'
import { StorageBusy } from '../errors.ts'

/** First come, first served. After `patienceMs` without a slot it rejects with `StorageBusy`. Default: no limit */
export function createLimit (count: number) {
  const inSlot = pLimit(count)
  return <T>(work: () => Promise<T>, patienceMs = Infinity) => new Promise<T>((resolve, reject) => {
    let isLate = false
    const giveUp = () => {
      isLate = true
      reject(new StorageBusy())
    }
    const timer = patienceMs === Infinity ? undefined : setTimeout(giveUp, patienceMs)
    void inSlot(async () => {
      clearTimeout(timer)
      if (!isLate) await work().then(resolve, reject)
    })
  })
}

/** What comes while a batch is under way shares the next one. `work` resolves to a result for each of its items. */
export function createBatches<I, O> (work: (items: I[]) => Promise<O[]>, size: number): (item: I) => Promise<O> {
  let waiting: Array<{ item: I, resolve: (result: O) => void, reject: (error: unknown) => void }> = []
  let isRunning = false

  async function run (): Promise<void> {
    isRunning = true
    while (waiting.length > 0) {
      const batch = waiting.slice(0, size)
      waiting = waiting.slice(size)
      try {
        const results = await work(batch.map(({ item }) => item))
        batch.forEach(({ resolve }, n) => resolve(results[n]!))
      } catch (error) {
        batch.forEach(({ reject }) => reject(error))
      }
    }
    isRunning = false
  }

  return (item) => new Promise((resolve, reject) => {
    waiting.push({ item, resolve, reject })
    if (!isRunning) void run()
  })
}

const RECENT_MS = 1000

export type Recent<T> = ReturnType<typeof createRecent<T>>

/**
 * @param freshSince - on the clock of `performance.now()`: older values are loaded again. Default: a second ago
 * @param aheadMs - a value that will be too old within so many milliseconds is loaded again in the background, so that
 *   nobody who asks often waits. Default: 0
 */
export function createRecent<T> (
  load: () => Promise<T>, freshSince = (): number => performance.now() - RECENT_MS, aheadMs = 0
) {
  let latest: ReturnType<typeof read> | null = null
  let next: ReturnType<typeof read> | null = null

  function read () {
    const reading = { at: performance.now(), promise: load() }
    reading.promise.then(() => {
      if (next === reading) latest = reading
    }, () => {
      if (latest === reading) latest = null
    }).finally(() => {
      if (next === reading) next = null
    })
    return reading
  }

  return {
    /** Loaded after the last `forget`, and not too old. A failed load is not kept. */
    async get (): Promise<T> {
      const since = freshSince()
      if (latest === null || latest.at < since) latest = read()
      else if (latest.at < since + aheadMs) next ??= read()
      return await latest.promise
    },
    /** Call it after every change you make. */
    forget (): void {
      latest = null
      next = null
    }
  }
}
