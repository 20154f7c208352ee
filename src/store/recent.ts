const RECENT_MS = 1000

export interface Recent<T> {
  /** At most a second old, and loaded after the last `forget`. A failed load is not kept. */
  get (): Promise<T>
  /** Call it after every change you make. */
  forget (): void
}

export function createRecent<T> (load: () => Promise<T>): Recent<T> {
  let latest: { value: Promise<T>, at: number } | null = null
  return {
    async get () {
      if (latest === null || performance.now() - latest.at > RECENT_MS) {
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
