import { StorageBusy } from '../errors.ts'

/** First come, first served. After `patienceMs` without a slot it rejects with `StorageBusy`. Default: no limit */
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
export type Rounds = <T>(work: () => Promise<T>) => Promise<T>

/** Work that comes during a round waits for the next one, which takes at most `size` pieces, in order. */
export function createRounds (size: number): Rounds {
  let waiting: Array<() => Promise<void>> = []
  let isRunning = false

  async function run (): Promise<void> {
    isRunning = true
    while (waiting.length > 0) {
      const round = waiting.slice(0, size)
      waiting = waiting.slice(size)
      await Promise.all(round.map((work) => work()))
    }
    isRunning = false
  }

  return (work) => new Promise((resolve, reject) => {
    waiting.push(() => work().then(resolve, reject))
    if (!isRunning) void run()
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
