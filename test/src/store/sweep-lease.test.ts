import t from 'tap'
import type { StoppedSweep, Sweep, SweepPlan } from '../../../schemas/caller-record.ts'
import { LEASE_MS, leaseSweep, confirmSweep, NO_COUNTS, saveSweep, type LeaseInput, type PlannedSweep } from '../../../src/store/sweep-lease.ts'
import { callerHash, checks, deepFreeze } from '../../stored.ts'

const NOW = new Date('2026-11-22T09:30:00.000Z')
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const ago = (ms: number) => new Date(NOW.getTime() - ms).toISOString()

const days = { marks: 90, callers: 30 }
const stopped: StoppedSweep = { reasons: ['share'], counted_at: ago(HOUR), callers: 100, to_erase: 40, max_share: 10, clock_drift_secs: 0 }
const claimed = (overrides: Partial<LeaseInput> = {}) => leaseSweep({ by: 'us', now: NOW, days: { ...days }, isStart: false, isAlone: false, ...overrides })
const plan = (overrides: Partial<SweepPlan> = {}): SweepPlan =>
  ({ phase: 'erasing', days, counted: { callers: 100, to_erase: 40 }, stopped: null, confirmed_at: null, ...overrides })
const sweep = (overrides: Partial<PlannedSweep>): PlannedSweep => deepFreeze({
  version: 1,
  started_at: ago(HOUR),
  finished_at: null,
  after: callerHash(1),
  claim: null,
  counts: {
    ...NO_COUNTS,
    callers: 7
  },
  plan: plan(),
  ...overrides
})
/** One that counts from its beginning. */
const fresh = (stoppedBefore: StoppedSweep | null = null): Omit<PlannedSweep, 'claim'> => ({
  version: 1,
  started_at: NOW.toISOString(),
  finished_at: null,
  after: null,
  counts: NO_COUNTS,
  plan: plan({ phase: 'counting', counted: { callers: 0, to_erase: 0 }, stopped: stoppedBefore })
})
/** Written, and handed back. */
const both = (value: Sweep) => ({ value, result: value })
const ours = { by: 'us', until: ago(-LEASE_MS) }

t.test('a sweep begins when there was none', async (t) => {
  const { value, result } = claimed()(null)

  t.strictSame(value, { ...fresh(), claim: ours })
  t.equal(result, value)
  t.ok(checks.documents.sweep(value))
})

t.test('an unfinished sweep resumes where it stopped, with its counts', async (t) => {
  for (const left of [null, { by: 'them', until: ago(0) }, { by: 'them', until: ago(HOUR) }]) {
    const unfinished = sweep({ claim: left, started_at: ago(48 * HOUR) })
    t.strictSame(claimed()(unfinished).result, { ...unfinished, claim: ours })
  }
})

t.test('a sweep that another process holds is left to it', async (t) => {
  for (const until of [ago(-1), ago(-LEASE_MS)]) {
    const busy = sweep({ claim: { by: 'them', until } })
    for (const isStart of [false, true]) t.strictSame(claimed({ isStart })(busy), { value: busy, result: null })
    t.equal(claimed()(busy).value, busy, 'so that nothing is written')
  }
})

t.test('a lease does not count when no other process exists, or when it is too long', async (t) => {
  t.match(claimed({ isAlone: true })(sweep({ claim: { by: 'them', until: ago(-1) } })).result, { claim: ours, counts: { callers: 7 } })
  t.match(claimed()(sweep({ claim: { by: 'them', until: ago(-LEASE_MS - 1) } })).result, { claim: ours })
})

t.test('the next one is due a day after the last one began', async (t) => {
  const cases: Array<[begun: number, isDue: boolean]> = [
    [24 * HOUR, true],
    [24 * HOUR - 1, false],
    [0, false],
    [-1, true]
  ]
  for (const [begun, isDue] of cases) {
    const last = sweep({ started_at: ago(begun), finished_at: ago(begun / 2), after: null })
    const { value, result } = claimed()(last)
    t.strictSame(result, isDue ? { ...fresh(), claim: ours } : null)
    if (!isDue) t.equal(value, last)
  }
})

t.test('a start sweeps sooner, when the last sweep took less than a tenth of the time since', async (t) => {
  const cases: Array<[begun: number, length: number, isDue: boolean]> = [
    [0, 0, true], [MINUTE, 6000, true], [MINUTE, 6001, false], [10 * HOUR, HOUR, true], [9 * HOUR, HOUR, false]
  ]
  for (const [begun, length, isDue] of cases) {
    const last = sweep({ started_at: ago(begun), finished_at: ago(begun - length) })
    t.equal(claimed({ isStart: true })(last).result !== null, isDue, `${length} of ${begun}`)
  }
})

t.test('saving progress renews the lease; the end releases it', async (t) => {
  const progress = sweep({ claim: { by: 'us', until: ago(1) }, after: callerHash(2) })
  const stored = sweep({ claim: { by: 'us', until: ago(MINUTE) } })
  const finished = sweep({ ...progress, finished_at: NOW.toISOString(), after: null })

  t.strictSame(saveSweep(progress, NOW)(stored), both({ ...progress, claim: ours }))
  t.strictSame(saveSweep(progress, NOW)(null), both({ ...progress, claim: ours }), 'also when it was deleted by hand')
  t.strictSame(saveSweep(finished, NOW)(stored), both({ ...finished, claim: null }))
})

t.test('progress of a sweep that was taken over is not saved', async (t) => {
  const progress = sweep({ claim: ours })
  for (const claim of [null, { by: 'them', until: ago(-1) }]) {
    const stored = sweep({ claim })
    t.strictSame(saveSweep(progress, NOW)(stored), { value: stored, result: null })
  }
})

t.test('an unfinished sweep of a bridge before 0.4.0 is counted first', async (t) => {
  const { plan: _, ...old } = sweep({})

  t.ok(checks.documents.sweep(old))
  t.strictSame(claimed()(old).result, { ...fresh(), claim: ours })
  t.equal(claimed()({ ...old, finished_at: ago(MINUTE) }).result, null, 'and one that it finished is finished')
})

t.test('a stopped sweep stays stopped for every process, until a bridge starts', async (t) => {
  const waiting = sweep({ after: null, plan: plan({ phase: 'stopped', stopped }) })

  t.ok(checks.documents.sweep(waiting))
  for (const age of [HOUR, 48 * HOUR]) {
    const old = { ...waiting, started_at: ago(age) }
    t.strictSame(claimed()(old), { value: old, result: null }, `${age}`)
  }
  t.strictSame(claimed({ isStart: true })(waiting).result, { ...fresh(stopped), claim: ours }, 'which counts anew, and does not forget')
})

t.test('a sweep counted with other settings, or by a clock that was ahead, counts again', async (t) => {
  for (const phase of ['counting', 'stopped', 'erasing'] as const) {
    const left = sweep({ plan: plan({ phase, stopped: phase === 'stopped' ? stopped : null }) })
    const again = { ...fresh(left.plan.stopped), claim: ours }
    t.strictSame(
      claimed({ days: { marks: 90, callers: 31 } })(left).result,
      { ...again, plan: { ...again.plan, days: { marks: 90, callers: 31 } } }
    )
    t.strictSame(claimed()({ ...left, started_at: ago(-LEASE_MS - 1) }).result, again)
    if (phase !== 'stopped') t.match(claimed()({ ...left, started_at: ago(-LEASE_MS) }).result, { plan: { phase } }, 'clocks may differ by a minute')
  }
})

t.test('a confirmation lets a stopped sweep erase what it counted, once', async (t) => {
  const waiting = sweep({ after: null, plan: plan({ phase: 'stopped', stopped }) })
  const { value, result } = confirmSweep(NOW)(waiting)

  t.strictSame(value, { ...waiting, plan: plan({ confirmed_at: NOW.toISOString() }) })
  t.strictSame(result, { sweep: value, isConfirmed: true })
  t.ok(checks.documents.sweep(value))
  for (const isStart of [false, true]) t.strictSame(claimed({ isStart })(value).result, { ...value, claim: ours }, 'also after a restart')
  t.match(claimed()({ ...value!, started_at: ago(-1000 * HOUR) }).result, { plan: { phase: 'erasing' } }, 'whatever the clock shows by now')
  t.strictSame(confirmSweep(NOW)(value), { value, result: { sweep: value, isConfirmed: false } })
})

t.test('there is nothing to confirm when no sweep is stopped', async (t) => {
  const others: Array<Sweep | null> = [
    null, sweep({}), sweep({ plan: plan({ phase: 'counting', stopped }) }), sweep({ finished_at: ago(1) })
  ]
  for (const other of others) {
    t.strictSame(
      confirmSweep(NOW)(other),
      { value: other, result: { sweep: other, isConfirmed: false } }
    )
  }
})

t.test('no process holds a stopped sweep', async (t) => {
  const progress = sweep({ claim: ours, plan: plan({ phase: 'stopped', stopped }) })

  t.strictSame(saveSweep(progress, NOW)(sweep({ claim: ours })), both({ ...progress, claim: null }))
})
