/**
 * The sweep: a slow walk past all callers that takes away what is not to be kept. It goes on where it was after a
 * restart, and of many processes on the same data one does it.
 */
import { pauseInBackground } from '../background-pause.ts'
import type { GlobalNotes, Sweep } from '../../schemas/caller-record.ts'
import { expire, retentionTerms, withoutEnded, type RetentionDays } from '../caller/retention.ts'
import { RecordDamaged, RecordSealed, StorageBusy, StorageUnavailable } from '../errors.ts'
import { hashPrefix } from '../phone/phone-hash.ts'
import type { CallerPage, DocumentChange, Store } from './store.ts'
import { claimSweep, NO_COUNTS, saveSweep } from './sweep-claim.ts'

/** Callers read at a time, and the rest after them: at most 200 callers a second, so a million in 83 minutes or more. */
const PAGE_CALLERS = 50
const REST_MS = 250

/** How often the place is kept. What comes after it is walked again when the process dies. */
const SAVE_MS = 5_000

/** How often is looked whether a sweep is due, or was left by a process that died; and how soon after a failure. */
const LOOK_MS = 60_000
const RETRY_MS = 600_000

/** Callers of a page whose change could not be written: with more of them it is the storage, not the caller. */
const MAX_FAILURES = 10

export interface SweepParts {
  store: Store
  days: RetentionDays
  now: () => Date
  newId: () => string
  log: Record<'info' | 'warn' | 'error', (fields: object, message: string) => void>
  /** Resolves after a while, or at once when the signal is aborted. Default: a timer that keeps no process alive. */
  pause?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined
}

type Counts = Sweep['counts']

/**
 * Sweeps now and once a day until the signal is aborted, and logs what was done. Never rejects: the bridge works
 * without it, and an operator finds in the log what failed.
 */
export async function keepSweeping (parts: SweepParts, signal: AbortSignal): Promise<void> {
  const { days, log, pause = pauseInBackground } = parts
  let isStart = true
  while (!signal.aborted) {
    let restMs = LOOK_MS
    try {
      const swept = await sweepOnce(parts, isStart, signal)
      isStart = false
      if (swept !== null) report(swept, days, log)
    } catch (err) {
      if (signal.aborted) return
      log.error({ err }, 'a sweep came to a halt; it goes on in ten minutes')
      restMs = RETRY_MS
    }
    await pause(restMs, signal)
  }
}

/**
 * One sweep, or the rest of one. Resolves to it when it is finished, or to null when none is due or another process
 * is at it. When the signal is aborted it rejects, and asks nothing more of the store.
 *
 * @throws {StorageUnavailable} what is done by then stays done, and the next attempt goes on from there
 */
export async function sweepOnce (parts: SweepParts, isStart: boolean, signal: AbortSignal): Promise<Sweep | null> {
  const { store, days, now, pause = pauseInBackground } = parts
  let sweep = await begin(parts, isStart, signal)
  let savedAt = now().getTime()
  while (sweep !== null) {
    const beganAt = performance.now()
    signal.throwIfAborted()
    const page = await store.list(days.callers === null ? 'marks' : 'all', sweep.after, PAGE_CALLERS)
    const isLast = page.next === null
    sweep = { ...sweep, after: page.next, counts: sum(sweep.counts, await expireCallers(parts, page, signal)) }
    if (isLast && days.callers !== null) sweep = { ...sweep, counts: sum(sweep.counts, await expireGlobalNotes(parts, signal)) }
    if (isLast) sweep = { ...sweep, finished_at: now().toISOString() }

    // A clock that was set back counts as time gone by, too: a claim must not run out.
    if (isLast || Math.abs(now().getTime() - savedAt) >= SAVE_MS) {
      signal.throwIfAborted()
      sweep = await store.updateDocument('sweep', saveSweep(sweep, now()))
      savedAt = now().getTime()
    }
    if (isLast) return sweep
    // A slow disk, or a page with much to erase, gets as much rest as it took.
    await pause(Math.max(REST_MS, performance.now() - beganAt), signal)
  }
  return null
}

/** Looks before it writes: most of the time there is nothing to begin. */
async function begin ({ store, now, newId }: SweepParts, isStart: boolean, signal: AbortSignal): Promise<Sweep | null> {
  const take = claimSweep({ by: newId(), now: now(), isStart, isAlone: store.driver === 'files' })
  signal.throwIfAborted()
  if (take(await store.loadDocument('sweep')).result === null) return null
  signal.throwIfAborted()
  return await store.updateDocument('sweep', take)
}

async function expireCallers ({ store, days, now, log }: SweepParts, page: CallerPage, signal: AbortSignal): Promise<Partial<Counts>> {
  const change = expire(retentionTerms(now(), days))
  let counts: Counts = { ...NO_COUNTS, callers: page.callers.length + page.unreadable.length, unreadable: page.unreadable.length }
  for (const caller of page.callers) {
    // Whoever has a mark is updated in any case: that finishes an erasure that a crash cut off.
    if (caller.erasedAt === null && change(caller).caller === caller) continue
    signal.throwIfAborted()
    try {
      counts = sum(counts, await store.update(caller.phoneHash, change))
    } catch (err) {
      if (err instanceof RecordDamaged || err instanceof RecordSealed) {
        counts = sum(counts, { unreadable: 1 })
      } else if ((err instanceof StorageUnavailable || err instanceof StorageBusy) && counts.failed < MAX_FAILURES) {
        counts = sum(counts, { failed: 1 })
        log.error({ caller: hashPrefix(caller.phoneHash), err }, 'a sweep could not write a caller; the next one tries again')
      } else {
        throw err
      }
    }
  }
  return counts
}

/** A list that is damaged, or whose seal does not open, is reported by whoever reads it for a call. */
async function expireGlobalNotes ({ store, now }: SweepParts, signal: AbortSignal): Promise<Partial<Counts>> {
  const change: DocumentChange<GlobalNotes, number> = (value) => {
    const notes = withoutEnded(value?.notes ?? [], now().toISOString())
    if (value === null || notes === value.notes) return { value, result: 0 }
    return { value: { ...value, notes }, result: value.notes.length - notes.length }
  }
  try {
    signal.throwIfAborted()
    return { notes: await store.updateDocument('notes', change) }
  } catch (error) {
    if (error instanceof RecordDamaged || error instanceof RecordSealed) return {}
    throw error
  }
}

function report ({ started_at: begun, counts }: Sweep, days: RetentionDays, log: SweepParts['log']): void {
  const { callers, ...done } = counts
  // Without RETENTION_DAYS a sweep only drops marks: most days there is nothing to tell.
  if (days.callers === null && Object.values(done).every((count) => count === 0)) return
  log[counts.unreadable > 0 ? 'warn' : 'info']({ begun, ...counts }, 'a sweep is finished')
}

function sum (counts: Counts, more: Partial<Counts>): Counts {
  const entries = Object.entries(more) as Array<[keyof Counts, number]>
  return entries.reduce((total, [name, count]) => ({ ...total, [name]: total[name] + count }), counts)
}
