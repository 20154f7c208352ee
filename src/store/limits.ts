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
  const add = inGroups<() => Promise<void>>(size, async (round) => {
    await Promise.all(round.map((work) => work()))
  })
  return (work) => new Promise((resolve, reject) => add(() => work().then(resolve, reject)))
}

/** What comes while a batch is under way shares the next one. `work` resolves to a result for each of its items. */
export function createBatches<I, O> (work: (items: I[]) => Promise<O[]>, size: number): (item: I) => Promise<O> {
  type Entry = { item: I, resolve: (result: O) => void, reject: (error: unknown) => void }
  const add = inGroups<Entry>(size, async (batch) => {
    try {
      const results = await work(batch.map(({ item }) => item))
      batch.forEach(({ resolve }, n) => resolve(results[n]!))
    } catch (error) {
      batch.forEach(({ reject }) => reject(error))
    }
  })
  return (item) => new Promise((resolve, reject) => add({ item, resolve, reject }))
}

/** Handles one group at a time; what is added meanwhile goes into the next one. `handle` never rejects. */
function inGroups<T> (size: number, handle: (group: T[]) => Promise<void>): (added: T) => void {
  let waiting: T[] = []
  let isRunning = false

  async function run (): Promise<void> {
    isRunning = true
    while (waiting.length > 0) {
      const group = waiting.slice(0, size)
      waiting = waiting.slice(size)
      await handle(group)
    }
    isRunning = false
  }

  return (added) => {
    waiting.push(added)
    if (!isRunning) void run()
  }
}
