/**
 * The sweep: a slow walk past all callers that takes away what is not to be kept. It counts first and erases after,
 * because by a wrong clock everybody was last seen long ago. It goes on where it was after a restart, and of many
 * processes on the same data one does it.
 */
import { pauseInBackground } from '../background-pause.ts'
import type { GlobalNotes, Sweep } from '../../schemas/caller-record.ts'
import { activeRecord, type Caller } from '../caller/caller.ts'
import { expire, retentionTerms, withoutEnded, type RetentionDays } from '../caller/retention.ts'
import { RecordDamaged, RecordSealed, StorageBusy, StorageUnavailable } from '../errors.ts'
import { hashPrefix } from '../phone/phone-hash.ts'
import type { CallerPage, DocumentChange, Store } from './store.ts'
import { isTooMany, stopReasons, sweepWarning } from './sweep-check.ts'
import { leaseSweep, isAtRest, newSweep, NO_COUNTS, saveSweep, type PlannedSweep } from './sweep-lease.ts'

/** Callers read at a time, and the rest after them: at most 200 callers a second, so a million in 83 minutes, twice. */
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
  /** RETENTION_MAX_SHARE: the percentage of all callers that are erased without an operator's word. */
  maxShare: number
  now: () => Date
  /** How far `now` has moved beyond the time that passed since the process was started, in milliseconds. */
  driftMs: () => number
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
 * One sweep, or the rest of one. Resolves to it when it is finished or stopped, or to null when none is due, another
 * process is at it, or it was stopped before. When the signal is aborted it rejects, and asks nothing more of the store.
 *
 * @throws {StorageUnavailable} what is done by then stays done, and the next attempt goes on from there
 */
export async function sweepOnce (
  parts: SweepParts, isStart: boolean, signal: AbortSignal
): Promise<PlannedSweep | null> {
  const { store, now, pause = pauseInBackground } = parts
  let sweep = await begin(parts, isStart, signal)
  let savedAt = now().getTime()
  while (sweep !== null) {
    const beganAt = performance.now()
    signal.throwIfAborted()
    const next = sweep.plan.phase === 'counting' ? await countPage(parts, sweep) : await erasePage(parts, sweep, signal)

    // What was decided is kept before anything follows from it. A clock that was set back counts as time gone by, too:
    // a claim must not run out.
    const isDecided = isAtRest(next) || next.plan.phase !== sweep.plan.phase
    if (isDecided || Math.abs(now().getTime() - savedAt) >= SAVE_MS) {
      signal.throwIfAborted()
      sweep = await store.updateDocument('sweep', saveSweep(next, now()))
      savedAt = now().getTime()
    } else {
      sweep = next
    }
    if (isAtRest(next)) return sweep
    // A slow disk, or a page with much to erase, gets as much rest as it took.
    if (!isDecided) await pause(Math.max(REST_MS, performance.now() - beganAt), signal)
  }
  return null
}

/** Looks before it writes: most of the time there is nothing to begin. */
async function begin (parts: SweepParts, isStart: boolean, signal: AbortSignal): Promise<PlannedSweep | null> {
  const { store, days, now, newId } = parts
  const lease = leaseSweep({ by: newId(), now: now(), days, isStart, isAlone: store.driver === 'files' })
  signal.throwIfAborted()
  if (lease(await store.loadDocument('sweep')).result === null) return null
  signal.throwIfAborted()
  return await store.updateDocument('sweep', lease)
}

/** Counts the callers of a page who would be erased. Marks are not counted: there is nobody behind them. */
async function countPage (parts: SweepParts, sweep: PlannedSweep): Promise<PlannedSweep> {
  const { store, days } = parts
  if (days.callers === null) return checked(parts, sweep)
  const page = await store.list('all', sweep.after, PAGE_CALLERS)
  const { callers, to_erase: toErase } = sweep.plan.counted
  const counted = {
    callers: callers + page.callers.filter((caller) => activeRecord(caller) !== null).length,
    to_erase: toErase + page.callers.filter(goes(parts, sweep)).length
  }
  const counts = sum(sweep.counts, lookedAt(page))
  const next = { ...sweep, after: page.next, counts, plan: { ...sweep.plan, counted } }
  return page.next === null ? checked(parts, next) : next
}

/** A sweep that has counted everybody, and now erases or is stopped. */
function checked (parts: SweepParts, sweep: PlannedSweep): PlannedSweep {
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
  const uncounted = before.erased + page.callers.filter(goes(parts, sweep)).length - counted.to_erase
  if (isTooMany(uncounted, counted.callers, maxShare)) {
    log.warn({ begun, ...before }, 'a sweep found more callers to erase than it had counted: it counts again')
    return { ...newSweep(now(), days), claim: sweep.claim }
  }

  const swept = sum(before, await expireCallers(parts, sweep, page, signal))
  if (page.next !== null) return { ...sweep, after: page.next, counts: swept }
  const counts = days.callers === null ? swept : sum(swept, await expireGlobalNotes(parts, sweep, signal))
  return { ...sweep, after: null, counts, finished_at: now().toISOString() }
}

/** Ages are reckoned from when the sweep began to count: a clock that jumps later erases nobody. */
function termsOf ({ days, now }: SweepParts, { started_at: startedAt }: PlannedSweep) {
  return retentionTerms(new Date(startedAt), days, now())
}

/** Whether the sweep erases a caller. */
function goes (parts: SweepParts, sweep: PlannedSweep): (caller: Caller) => boolean {
  const change = expire(termsOf(parts, sweep))
  return (caller) => change(caller).result.erased > 0
}

async function expireCallers (
  parts: SweepParts, sweep: PlannedSweep, page: CallerPage, signal: AbortSignal
): Promise<Counts> {
  const { store, log } = parts
  const change = expire(termsOf(parts, sweep))
  // What was looked at in the count is known from there: a damaged file is not met again.
  let counts = parts.days.callers === null ? sum(NO_COUNTS, lookedAt(page)) : NO_COUNTS
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
async function expireGlobalNotes (
  { store }: SweepParts, { started_at: startedAt }: PlannedSweep, signal: AbortSignal
): Promise<Partial<Counts>> {
  const change: DocumentChange<GlobalNotes, number> = (value) => {
    const notes = withoutEnded(value?.notes ?? [], startedAt)
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

function report (sweep: PlannedSweep, days: RetentionDays, log: SweepParts['log']): void {
  const { started_at: begun, counts } = sweep
  const warning = sweepWarning(sweep)
  if (warning !== null) {
    log.warn({ begun, ...sweep.plan.counted }, warning)
    return
  }
  const { callers, ...done } = counts
  // Without RETENTION_DAYS a sweep only drops marks: most days there is nothing to tell.
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
