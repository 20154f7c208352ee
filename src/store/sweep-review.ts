/** What an operator sees of the last sweep, and their word on one that is stopped. */
import type { Sweep } from '../../schemas/caller-record.ts'
import { sweepWarning } from './sweep-check.ts'
import { confirmSweep } from './sweep-lease.ts'
import type { Store } from './store.ts'

export interface SweepReview {
  state: 'none' | 'counting' | 'stopped' | 'erasing' | 'finished'
  /** Whether a stopped sweep goes on because of this look. */
  confirmed: boolean
  /** The state in words. */
  message: string
  /** ISO 8601. */
  started_at: string | null
  finished_at: string | null
  /** Callers with a record, and how many of them it erases; null until they are counted. */
  callers: number | null
  to_erase: number | null
  /** What it has done. */
  counts: Sweep['counts'] | null
}

/**
 * The last sweep; a stopped one is let go on when `confirm` says so. Where none is stopped there is nothing to confirm, and
 * nothing changes.
 *
 * @throws {StorageUnavailable}
 * @throws {RecordDamaged} the next look starts afresh
 */
export async function reviewSweep (store: Store, confirm: boolean, now: Date): Promise<SweepReview> {
  if (!confirm) return reviewOf(await store.loadDocument('sweep'), false)
  const { sweep, isConfirmed } = await store.updateDocument('sweep', confirmSweep(now))
  return reviewOf(sweep, isConfirmed)
}

function reviewOf (sweep: Sweep | null, confirmed: boolean): SweepReview {
  const state = stateOf(sweep)
  const counted = state === 'counting' ? null : sweep?.plan?.counted ?? null
  return {
    state,
    confirmed,
    message: messageOf(sweep, state, confirmed),
    started_at: sweep?.started_at ?? null,
    finished_at: sweep?.finished_at ?? null,
    callers: counted?.callers ?? null,
    to_erase: counted?.to_erase ?? null,
    counts: sweep?.counts ?? null
  }
}

function stateOf (sweep: Sweep | null): SweepReview['state'] {
  if (sweep === null) return 'none'
  // One that a bridge before 0.4.0 left is counted before it goes on.
  return sweep.finished_at === null ? sweep.plan?.phase ?? 'counting' : 'finished'
}

function messageOf (sweep: Sweep | null, state: SweepReview['state'], confirmed: boolean): string {
  if (sweep === null) return 'There was no sweep yet.'
  const { started_at: startedAt, finished_at: finishedAt, plan, counts } = sweep
  const planned = plan === undefined ? '' : `${plan.counted.to_erase} of ${plan.counted.callers} callers`
  const dropped = `${counts.facts} facts, ${counts.notes} notes and ${counts.marks} erasure marks dropped`
  const done = `${counts.erased} callers were erased, and ${dropped}`
  switch (state) {
    case 'stopped': return sweepWarning(sweep) ?? ''
    case 'counting': return `A sweep that began ${startedAt} counts what it would erase, and removes nothing meanwhile.`
    case 'erasing': return confirmed
      ? `Confirmed: the sweep erases ${planned}, as counted ${startedAt}.`
      : `A sweep that began ${startedAt} is under way: it erases ${planned}; so far ${done}.`
    default: return `The last sweep began ${startedAt} and ended ${finishedAt}: ${done}; ` +
      `${counts.unreadable} callers could not be read, ${counts.failed} not be written.`
  }
}
