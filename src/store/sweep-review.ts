/** What an operator is told of the last sweep, and can do about a stopped one. */
import type { Sweep } from '../../schemas/caller-record.ts'
import type { SweepReview } from '../../schemas/sweep.ts'
import { confirmSweep } from './sweep-lease.ts'
import type { Store } from './store.ts'

/** `confirm` lets a stopped sweep continue; otherwise nothing changes. Rejects as the store does. */
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
  // A sweep left by a bridge before 0.4.0 is counted first.
  return sweep.finished_at === null ? sweep.plan?.phase ?? 'counting' : 'finished'
}

function messageOf (sweep: Sweep | null, state: SweepReview['state'], confirmed: boolean): string {
  if (sweep === null) return 'There has been no sweep yet.'
  const { started_at: startedAt, finished_at: finishedAt, plan, counts } = sweep
  const planned = plan === undefined ? '' : `${plan.counted.to_erase} of ${plan.counted.callers} callers`
  const done = `${counts.erased} callers were erased, and ` +
    `${counts.facts} facts, ${counts.notes} notes and ${counts.marks} erasure marks were removed`
  switch (state) {
    case 'stopped': return sweepWarning(sweep) ?? ''
    case 'counting':
      return `The sweep that began at ${startedAt} is counting what it would erase; it removes nothing yet.`
    case 'erasing': return confirmed
      ? `Confirmed: the sweep erases ${planned}, as counted at ${startedAt}.`
      : `The sweep that began at ${startedAt} is running and erases ${planned}. So far, ${done}.`
    default: return `The last sweep began at ${startedAt} and ended at ${finishedAt}: ${done}. ` +
      `${counts.unreadable} callers could not be read, and ${counts.failed} could not be written.`
  }
}

/** What {@link sweepAdvice} says, in one text. */
export function sweepWarning (sweep: Sweep | null): string | null {
  const advice = sweepAdvice(sweep)
  return advice === null ? null : `${advice.message} ${advice.remedy}`
}

/** Tells the operator what to do about a stopped sweep; null when none is stopped. */
export function sweepAdvice (sweep: Sweep | null): { message: string, remedy: string } | null {
  const stopped = sweep?.plan?.stopped ?? null
  if (stopped === null) return null
  const { reasons, callers, clock_drift_secs: driftSecs } = stopped
  const isShare = reasons.includes('share')
  const isClock = reasons.includes('clock')
  const share = isShare ? `, more than RETENTION_MAX_SHARE allows (${stopped.max_share} %)` : ''
  // Without RETENTION_DAYS no callers are counted.
  const counted = callers === 0
    ? ''
    : `: with the clock at ${stopped.counted_at} it would erase ${stopped.to_erase} of ${callers} callers${share}`
  const drift = `${driftSecs > 0 ? 'ahead' : 'back'} by ${hours(driftSecs)}`
  return {
    message: `A sweep is stopped and removes nothing${counted}.` +
      (isClock ? ` Since the bridge was started the clock was set ${drift}, or the machine slept.` : ''),
    remedy: `Check the clock${isShare ? ' and RETENTION_DAYS' : ''}. If the sweep is right, ` +
      `run "memory-bridge sweep --confirm"${isClock && !isShare ? ' or restart the bridge' : ''}.`
  }
}

function hours (seconds: number): string {
  return `${(Math.abs(seconds) / 3600).toLocaleString('en', { maximumFractionDigits: 1 })} hours`
}
