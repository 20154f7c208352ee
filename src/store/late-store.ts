/** A store whose data may be away when the bridge starts: calls are answered without memory until they can be used. */
import { withDeadline } from '../deadline.ts'
import { RecordDamaged, StorageUnavailable } from '../errors.ts'
import type { Store } from './store.ts'

export interface LateStoreParts {
  driver: Store['driver']
  /** Opens the data. It may fail, or hang; there is one attempt at a time. */
  open: () => Promise<Store>
  /** Looks at what was opened. Until it resolves, nothing else is read or written. */
  check: (store: Store) => Promise<void>
  log: Record<'info' | 'error', (fields: object, message: string) => void>
  /** Longest wait for an attempt, in milliseconds; then whoever wants the store is refused at once. Default: 2000 */
  patienceMs?: number | undefined
  /** Pause between attempts that nobody asked for, in milliseconds. Default: 3000 */
  retryMs?: number | undefined
}

/**
 * The opened store itself or, when it cannot be used yet, one that rejects with the reason. Each use tries again, and so
 * does a timer. The log hears of each new reason once, and of the end.
 *
 * @throws whatever else than `StorageUnavailable` or `RecordDamaged` the first attempt fails with in time; what was opened is closed
 */
export async function lateStore ({ driver, open, check, log, patienceMs = 2000, retryMs = 3000 }: LateStoreParts): Promise<Store> {
  let opened: Store | null = null
  let usable: Store | null = null
  let attempt: Promise<Store> | null = null
  /** The attempt, for as long as anybody waits for it. */
  let attemptInTime: Promise<Store> | null = null
  /** Why it could not be used, as the log heard last; null as long as it heard nothing. */
  let reported: unknown = null
  let isClosed = false

  async function tryOnce (): Promise<Store> {
    if (isClosed) throw new StorageUnavailable()
    opened ??= await open()
    await check(opened)
    usable = opened
    return opened
  }

  async function ready (): Promise<Store> {
    if (usable !== null) return usable
    if (attempt === null || attemptInTime === null) {
      attempt = tryOnce().finally(() => { attempt = null })
      attemptInTime = withDeadline(attempt, patienceMs, () => {
        throw new StorageUnavailable({ cause: new Error(`it did not answer within ${patienceMs / 1000} seconds`) })
      })
    }
    return await attemptInTime
  }

  /** Never rejects: whoever needs the store is told by their own use. */
  async function look (): Promise<void> {
    if (reported === null) return
    try {
      await ready()
      if (reported !== null) log.info({}, 'the data can be used now')
      reported = null
      clearInterval(timer)
    } catch (error) {
      report(error)
    }
  }

  function report (err: unknown): void {
    const reason = err instanceof Error && 'code' in err ? err.code : String(err)
    if (reason !== reported && !isClosed) log.error({ err }, 'the data cannot be used yet: calls are answered without memory until they can')
    reported = reason
  }

  async function close (): Promise<void> {
    isClosed = true
    clearInterval(timer)
    // What is being opened has to be let go, too.
    if (opened === null) await attempt?.catch(() => { /* there is nothing to close */ })
    await opened?.close()
  }

  const timer = setInterval(() => void look(), retryMs).unref()
  try {
    const store = await ready()
    clearInterval(timer)
    return store
  } catch (error) {
    if (!(error instanceof StorageUnavailable || error instanceof RecordDamaged)) {
      await close()
      throw error
    }
    report(error)
  }

  return {
    driver,
    queue: {
      schedule: async (phoneHash, dueAt) => await (await ready()).queue.schedule(phoneHash, dueAt),
      take: async (now, until) => await (await ready()).queue.take(now, until),
      complete: async (work, dueAt) => await (await ready()).queue.complete(work, dueAt),
      list: async (after, limit) => await (await ready()).queue.list(after, limit)
    },
    load: async (phoneHash) => await (await ready()).load(phoneHash),
    update: async (phoneHash, change) => await (await ready()).update(phoneHash, change),
    updateSoon: async (phoneHash, change, patienceMs) => await (await ready()).updateSoon(phoneHash, change, patienceMs),
    list: async (kind, after, limit) => await (await ready()).list(kind, after, limit),
    loadDocument: async (name) => await (await ready()).loadDocument(name),
    updateDocument: async (name, change) => await (await ready()).updateDocument(name, change),
    check: async () => await (await ready()).check(),
    close
  }
}
