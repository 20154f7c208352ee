/** A store that may be unavailable when the bridge starts: calls get the neutral response until it can be used. */
import { RecordDamaged, StorageUnavailable } from '../errors.ts'
import { withDeadline } from '../time.ts'
import type { Store } from './store.ts'

export interface LateStoreParts {
  driver: Store['driver']
  /** May fail or hang. Attempts do not overlap. */
  open: () => Promise<Store>
  /** Until it resolves, nothing else is read or written. */
  check: (store: Store) => Promise<void>
  log: Record<'info' | 'error', (fields: object, message: string) => void>
  /** Longest wait for an attempt, in milliseconds; uses then fail at once until it ends. Default: 2000 */
  patienceMs?: number | undefined
  /** In milliseconds. Default: 3000 */
  retryMs?: number | undefined
}

/**
 * Resolves to the opened store, or to one that rejects until it can be used. Each use tries again; so does a timer.
 *
 * @throws if the first attempt fails in time with anything but `StorageUnavailable` or `RecordDamaged`
 */
export async function lateStore (
  { driver, open, check, log, patienceMs = 2000, retryMs = 3000 }: LateStoreParts
): Promise<Store> {
  let opened: Store | null = null
  let usable: Store | null = null
  let attempt: Promise<Store> | null = null
  let attemptInTime: Promise<Store> | null = null
  let loggedReason: unknown = null
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
        throw new StorageUnavailable({ cause: new Error(`it did not respond within ${patienceMs / 1000} seconds`) })
      })
    }
    return await attemptInTime
  }

  /** Never rejects: each use gets its own error. */
  async function tryInBackground (): Promise<void> {
    if (loggedReason === null) return
    try {
      await ready()
      if (loggedReason !== null) log.info({}, 'the storage can be used now')
      loggedReason = null
      clearInterval(timer)
    } catch (error) {
      logReason(error)
    }
  }

  function logReason (err: unknown): void {
    const reason = err instanceof Error && 'code' in err ? err.code : String(err)
    if (reason !== loggedReason && !isClosed) {
      log.error({ err }, 'the storage cannot be used yet: calls get the neutral response until it can')
    }
    loggedReason = reason
  }

  async function close (): Promise<void> {
    isClosed = true
    clearInterval(timer)
    // A running attempt may still open the store: wait, and close that, too.
    if (opened === null) await attempt?.catch(() => { /* there is nothing to close */ })
    await opened?.close()
  }

  const timer = setInterval(() => void tryInBackground(), retryMs).unref()
  try {
    const store = await ready()
    clearInterval(timer)
    return store
  } catch (error) {
    if (!(error instanceof StorageUnavailable || error instanceof RecordDamaged)) {
      await close()
      throw error
    }
    logReason(error)
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
    startCall: async (phoneHash, start, slotMs) => await (await ready()).startCall(phoneHash, start, slotMs),
    list: async (kind, after, limit) => await (await ready()).list(kind, after, limit),
    loadDocument: async (name) => await (await ready()).loadDocument(name),
    updateDocument: async (name, change) => await (await ready()).updateDocument(name, change),
    check: async () => await (await ready()).check(),
    close
  }
}
