const RECENT_MS = 1000

export interface Recent<T> {
  /** Loaded after the last `forget`, and not too old. A failed load is not kept. */
  get (): Promise<T>
  /** Call it after every change you make. */
  forget (): void
}

interface Reading<T> {
  at: number
  promise: Promise<T>
}

/**
 * @param freshSince - on the clock of `performance.now()`: older values are loaded again. Default: a second ago
 * @param aheadMs - a value that will be too old within so many milliseconds is loaded again in the background, so that
 *   nobody who asks often waits. Default: 0
 */
export function createRecent<T> (
  load: () => Promise<T>, freshSince = (): number => performance.now() - RECENT_MS, aheadMs = 0
): Recent<T> {
  let latest: Reading<T> | null = null
  let next: Reading<T> | null = null

  function read (): Reading<T> {
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
    async get () {
      const since = freshSince()
      if (latest === null || latest.at < since) latest = read()
      else if (latest.at < since + aheadMs) next ??= read()
      return await latest.promise
    },
    forget () {
      latest = null
      next = null
    }
  }
}
