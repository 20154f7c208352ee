import t from 'tap'
import type { StoppedSweep } from '../../../schemas/caller-record.ts'
import { newSweep, stopReasons } from '../../../src/store/sweep-lease.ts'
import { sweepWarning } from '../../../src/store/sweep-review.ts'

type SweepInput = Parameters<typeof stopReasons>[0]

const HOUR_MS = 3_600_000
const NOW = new Date('2036-11-22T09:30:00.000Z')
const input = (overrides: Partial<SweepInput>): SweepInput => ({
  callers: 1000,
  toErase: 0,
  maxShare: 10,
  driftMs: 0,
  ...overrides
})

t.test('a sweep continues by itself up to 20 callers, or up to the share', async (t) => {
  const cases: Array<[Partial<SweepInput>, isStopped: boolean]> = [
    [{ toErase: 0, callers: 0 }, false],
    [{ toErase: 20, callers: 20 }, false],
    [{ toErase: 21, callers: 21 }, true],
    [{ toErase: 100 }, false],
    [{ toErase: 101 }, true],
    [{ toErase: 1000, maxShare: 100 }, false],
    [{ toErase: 20, maxShare: 0 }, false],
    [{ toErase: 21, maxShare: 0 }, true]
  ]
  for (const [numbers, isStopped] of cases) t.strictSame(stopReasons(input(numbers)), isStopped ? ['share'] : [], JSON.stringify(numbers))
})

t.test('it stops when the clock was set by more than an hour, either way', async (t) => {
  for (const driftMs of [0, HOUR_MS, -HOUR_MS]) t.strictSame(stopReasons(input({ driftMs })), [])
  for (const driftMs of [HOUR_MS + 1, -HOUR_MS - 1]) t.strictSame(stopReasons(input({ driftMs })), ['clock'])
  t.strictSame(stopReasons(input({ driftMs: 2 * HOUR_MS, toErase: 500 })), ['share', 'clock'])
})

t.test('the warning says what is stopped, why, and what to run', async (t) => {
  const warning = (stopped: Partial<StoppedSweep>) => sweepWarning(newSweep(NOW, { marks: 90, callers: 30 }, {
    reasons: ['share'], counted_at: NOW.toISOString(), callers: 200, to_erase: 150, max_share: 10, clock_drift_secs: 0, ...stopped
  }))

  t.equal(warning({}), 'A sweep is stopped and removes nothing: with the clock at 2036-11-22T09:30:00.000Z it would erase 150 of 200 callers, ' +
    'more than RETENTION_MAX_SHARE allows (10 %). Check the clock and RETENTION_DAYS. If the sweep is right, run "memory-bridge sweep --confirm".')
  t.equal(warning({ reasons: ['clock'], to_erase: 3, clock_drift_secs: 5400 }), 'A sweep is stopped and removes nothing: with the clock at ' +
    '2036-11-22T09:30:00.000Z it would erase 3 of 200 callers. Since the bridge was started the clock was set ahead by 1.5 hours, or the machine slept. ' +
    'Check the clock. If the sweep is right, run "memory-bridge sweep --confirm" or restart the bridge.')
  t.match(warning({ reasons: ['share', 'clock'], clock_drift_secs: -87_600 * 3600 }), /allows \(10 %\)\. Since .* set back by 87,600 hours, .* RETENTION_DAYS\. .*--confirm"\.$/)
  t.match(warning({ reasons: ['clock'], callers: 0, to_erase: 0, clock_drift_secs: 7200 }), /^A sweep is stopped and removes nothing\. Since/, 'without RETENTION_DAYS')
})

t.test('there is nothing to warn of when no sweep is stopped', async (t) => {
  const { plan, ...old } = newSweep(NOW, { marks: 90, callers: 30 })

  for (const sweep of [null, old, { ...old, plan }]) t.equal(sweepWarning(sweep), null)
})
