/**
 * Walks slowly through all callers and removes what must not be kept. Counts before it erases, because with a wrong
 * clock everybody seems to have been away for years. Resumes after a restart. One process at a time sweeps.
 */
import type { GlobalNotes, Sweep } from '../../schemas/caller-record.ts'
import { activeRecord, type Caller, type DocumentChange } from '../caller/caller.ts'
import { expire, retentionTerms, withoutEnded, type RetentionDays } from '../caller/retention.ts'
import { StorageBusy, StorageUnavailable } from '../errors.ts'
import { hashPrefix } from '../phone/phone-hash.ts'
import type { CallerPage, Store } from './store.ts'
import {
  isAtRest, isTooMany, leaseSweep, newSweep, NO_COUNTS, saveSweep, stopReasons, type PlannedSweep
} from './sweep-lease.ts'
import { sweepWarning } from './sweep-review.ts'
import { isDamaged, orNull } from './unreadable.ts'

/** At most 200 callers a second: two walks through a million take 83 minutes each. */
const PAGE_CALLERS = 50
const REST_MS = 250

/** How often the position is saved. After a crash, the callers after it are walked again. */
const SAVE_MS = 5_000

/** How often to check whether a sweep is due, or was left by a crash; and the wait after a failure. */
const POLL_MS = 60_000
const RETRY_MS = 600_000

/** Failed writes per page. More of them are the storage's fault, not the caller's, and end the attempt. */
const MAX_FAILURES = 10

export interface SweepParts {
  store: Store
  days: RetentionDays
  /** RETENTION_MAX_SHARE, in percent. */
  maxShare: number
  now: () => Date
  /** How far `now` has moved beyond the time that has passed since the process started, in milliseconds. */
  driftMs: () => number
  newId: () => string
  log: Record<'info' | 'warn' | 'error', (fields: object, message: string) => void>
  /** Resolves after a while, or at once when the signal is aborted. */
  pause: (ms: number, signal: AbortSignal) => Promise<void>
}

type Counts = Sweep['counts']

/** Sweeps now and once a day, until aborted. Never rejects: failures are logged, and the bridge works without it. */
export async function keepSweeping (parts: SweepParts, signal: AbortSignal): Promise<void> {
  const { days, log, pause } = parts
  let isStart = true
  while (!signal.aborted) {
    let restMs = POLL_MS
    try {
      const swept = await sweepOnce(parts, isStart, signal)
      isStart = false
      if (swept !== null) logSweep(swept, days, log)
    } catch (err) {
      if (signal.aborted) return
      log.error({ err }, 'a sweep failed; it resumes in ten minutes')
      restMs = RETRY_MS
    }
    await pause(restMs, signal)
  }
}

/**
 * Resolves to the sweep when it is finished or stopped; to null when none is due, another process is sweeping, or it
 * was already stopped. Rejects when aborted, or when the storage fails: the next attempt then resumes where it was.
 */
export async function sweepOnce (
  parts: SweepParts, isStart: boolean, signal: AbortSignal
): Promise<PlannedSweep | null> {
  const { store, now, pause } = parts
  let sweep = await begin(parts, isStart, signal)
  let savedAt = now().getTime()
  while (sweep !== null) {
    const beganAt = performance.now()
    signal.throwIfAborted()
    const next = sweep.plan.phase === 'counting' ? await countPage(parts, sweep) : await erasePage(parts, sweep, signal)

    // A decision is saved before it is acted on. `Math.abs`: setting the clock back must not end the lease.
    const isDecided = isAtRest(next) || next.plan.phase !== sweep.plan.phase
    if (isDecided || Math.abs(now().getTime() - savedAt) >= SAVE_MS) {
      signal.throwIfAborted()
      sweep = await store.updateDocument('sweep', saveSweep(next, now()))
      savedAt = now().getTime()
    } else {
      sweep = next
    }
    if (isAtRest(next)) return sweep
    // Rests at least as long as the page took: it may have been large, or the disk slow.
    if (!isDecided) await pause(Math.max(REST_MS, performance.now() - beganAt), signal)
  }
  return null
}

/** Reads before it writes: most of the time no sweep is due. */
async function begin (parts: SweepParts, isStart: boolean, signal: AbortSignal): Promise<PlannedSweep | null> {
  const { store, days, now, newId } = parts
  const lease = leaseSweep({ by: newId(), now: now(), days, isStart, isAlone: store.driver === 'files' })
  signal.throwIfAborted()
  if (lease(await store.loadDocument('sweep')).result === null) return null
  signal.throwIfAborted()
  return await store.updateDocument('sweep', lease)
}

/** Marks are not counted: there is no record behind them. */
async function countPage (parts: SweepParts, sweep: PlannedSweep): Promise<PlannedSweep> {
  const { store, days } = parts
  if (days.callers === null) return eraseOrStop(parts, sweep)
  const page = await store.list('all', sweep.after, PAGE_CALLERS)
  const { callers, to_erase: toErase } = sweep.plan.counted
  const counted = {
    callers: callers + page.callers.filter((caller) => activeRecord(caller) !== null).length,
    to_erase: toErase + page.callers.filter(wouldErase(parts, sweep)).length
  }
  const counts = sum(sweep.counts, lookedAt(page))
  const next = { ...sweep, after: page.next, counts, plan: { ...sweep.plan, counted } }
  return page.next === null ? eraseOrStop(parts, next) : next
}

function eraseOrStop (parts: SweepParts, sweep: PlannedSweep): PlannedSweep {
  const { plan, started_at: countedAt } = sweep
  const { maxShare } = parts
  const driftMs = parts.driftMs()
  const reasons = stopReasons({ callers: plan.counted.callers, toErase: plan.counted.to_erase, maxShare, driftMs })
  if (reasons.length === 0) return { ...sweep, after: null, plan: { ...plan, phase: 'erasing', stopped: null } }
  const numbers = { max_share: maxShare, clock_drift_secs: Math.round(driftMs / 1000) }
  const stopped = { reasons, counted_at: countedAt, ...plan.counted, ...numbers }
  return { ...sweep, after: null, plan: { ...plan, phase: 'stopped', stopped } }
}

async function erasePage (parts: SweepParts, sweep: PlannedSweep, signal: AbortSignal): Promise<PlannedSweep> {
  const { store, days, maxShare, now, log } = parts
  const page = await store.list(days.callers === null ? 'marks' : 'all', sweep.after, PAGE_CALLERS)
  const { started_at: begun, counts: before, plan: { counted } } = sweep
  const uncounted = before.erased + page.callers.filter(wouldErase(parts, sweep)).length - counted.to_erase
  if (isTooMany(uncounted, counted.callers, maxShare)) {
    log.warn({ begun, ...before }, 'a sweep found more callers to erase than it had counted: it counts again')
    return { ...newSweep(now(), days), claim: sweep.claim }
  }

  const swept = sum(before, await expireCallers(parts, sweep, page, signal))
  if (page.next !== null) return { ...sweep, after: page.next, counts: swept }
  const counts = days.callers === null ? swept : sum(swept, await expireGlobalNotes(parts, sweep, signal))
  return { ...sweep, after: null, counts, finished_at: now().toISOString() }
}

/** Ages count from the start of the sweep: a clock that jumps later erases nobody. */
function termsOf ({ days, now }: SweepParts, { started_at: startedAt }: PlannedSweep) {
  return retentionTerms(new Date(startedAt), days, now())
}

function wouldErase (parts: SweepParts, sweep: PlannedSweep): (caller: Caller) => boolean {
  const change = expire(termsOf(parts, sweep))
  return (caller) => change(caller).result.erased > 0
}

async function expireCallers (
  parts: SweepParts, sweep: PlannedSweep, page: CallerPage, signal: AbortSignal
): Promise<Counts> {
  const { store, log } = parts
  const change = expire(termsOf(parts, sweep))
  // With RETENTION_DAYS the counting walk has already counted these callers.
  let counts = parts.days.callers === null ? sum(NO_COUNTS, lookedAt(page)) : NO_COUNTS
  for (const caller of page.callers) {
    // Callers with a mark are always updated: that finishes an erasure interrupted by a crash.
    if (caller.erasedAt === null && change(caller).caller === caller) continue
    signal.throwIfAborted()
    try {
      counts = sum(counts, await store.update(caller.phoneHash, change))
    } catch (err) {
      if (isDamaged(err)) {
        counts = sum(counts, { unreadable: 1 })
      } else if ((err instanceof StorageUnavailable || err instanceof StorageBusy) && counts.failed < MAX_FAILURES) {
        counts = sum(counts, { failed: 1 })
        const label = hashPrefix(caller.phoneHash)
        log.error({ caller: label, err }, 'a sweep could not write a caller; the next one tries again')
      } else {
        throw err
      }
    }
  }
  return counts
}

/** Skips notes that cannot be read: calls that need them log why. */
async function expireGlobalNotes (
  { store }: SweepParts, { started_at: startedAt, plan }: PlannedSweep, signal: AbortSignal
): Promise<Partial<Counts>> {
  // A call says which notes it was told by their ids: their words stay for as long as the calls.
  const endedBefore = retentionTerms(new Date(startedAt), plan.days).callersSince ?? startedAt
  const change: DocumentChange<GlobalNotes, number> = (value) => {
    const notes = withoutEnded(value?.notes ?? [], endedBefore)
    if (value === null || notes === value.notes) return { value, result: 0 }
    return { value: { ...value, notes }, result: value.notes.length - notes.length }
  }
  signal.throwIfAborted()
  return { notes: await orNull(isDamaged, store.updateDocument('notes', change)) ?? 0 }
}

function logSweep (sweep: PlannedSweep, days: RetentionDays, log: SweepParts['log']): void {
  const { started_at: begun, counts } = sweep
  const warning = sweepWarning(sweep)
  if (warning !== null) {
    log.warn({ begun, ...sweep.plan.counted }, warning)
    return
  }
  const { callers, ...done } = counts
  // Without RETENTION_DAYS a sweep only removes marks: most days there is nothing to log.
  if (days.callers === null && Object.values(done).every((count) => count === 0)) return
  log[counts.unreadable > 0 ? 'warn' : 'info']({ begun, ...counts }, 'a sweep is finished')
}

function lookedAt ({ callers, unreadable }: CallerPage): Partial<Counts> {
  return { callers: callers.length + unreadable.length, unreadable: unreadable.length }
}

function sum (counts: Counts, more: Partial<Counts>): Counts {
  const entries = Object.entries(more) as Array<[keyof Counts, number]>
  return entries.reduce((total, [name, count]) => ({ ...total, [name]: total[name] + count }), counts)
}
