const RECENT_MS = 1000

export interface Recent<T> {
  /** Loaded after the last `forget`, and not too old. A failed load is not kept. */
  get (): Promise<T>
  /** Call it after every change you make. */
  forget (): void
}

/** @param freshSince - on the clock of `performance.now()`: older values are loaded again. Default: a second ago */
export function createRecent<T> (
  load: () => Promise<T>, freshSince = (): number => performance.now() - RECENT_MS
): Recent<T> {
  let latest: { value: Promise<T>, at: number } | null = null
  return {
    async get () {
      if (latest === null || latest.at < freshSince()) {
        const reading = { value: load(), at: performance.now() }
        latest = reading
        reading.value.catch(() => { if (latest === reading) latest = null })
      }
      return await latest.value
    },
    forget () {
      latest = null
    }
  }
}
