/** A value that many ask for, read again when it is older than a second. */

/** How long a value is taken for what is stored, in milliseconds. */
const RECENT_MS = 1000

export interface Recent<T> {
  /** The value as it was at most a second ago, or since the last `forget`. A failure is not kept. */
  get (): Promise<T>
  /** To be called after every change of one's own. */
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
