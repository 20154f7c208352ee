import t from 'tap'
import type { Sweep } from '../../../schemas/caller-record.ts'
import { CLAIM_MS, claimSweep, NO_COUNTS, saveSweep, type ClaimInput } from '../../../src/store/sweep-claim.ts'
import { callerHash, checks, deepFreeze } from '../../stored.ts'

const NOW = new Date('2026-11-22T09:30:00.000Z')
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const ago = (ms: number) => new Date(NOW.getTime() - ms).toISOString()

const claimed = (overrides: Partial<ClaimInput> = {}) => claimSweep({ by: 'us', now: NOW, isStart: false, isAlone: false, ...overrides })
const sweep = (overrides: Partial<Sweep>): Sweep => deepFreeze({
  version: 1, started_at: ago(HOUR), finished_at: null, after: callerHash(1), claim: null, counts: { ...NO_COUNTS, callers: 7 }, ...overrides
})
/** Written, and handed back. */
const both = (value: Sweep) => ({ value, result: value })
const ours = { by: 'us', until: ago(-CLAIM_MS) }

t.test('where there was no sweep one begins', async (t) => {
  const { value, result } = claimed()(null)

  t.strictSame(value, { version: 1, started_at: NOW.toISOString(), finished_at: null, after: null, claim: ours, counts: NO_COUNTS })
  t.equal(result, value)
  t.ok(checks.documents.sweep(value))
})

t.test('one that was left unfinished goes on where it was, with its counts', async (t) => {
  for (const left of [null, { by: 'them', until: ago(0) }, { by: 'them', until: ago(HOUR) }]) {
    const unfinished = sweep({ claim: left, started_at: ago(48 * HOUR) })
    t.strictSame(claimed()(unfinished).result, { ...unfinished, claim: ours })
  }
})

t.test('one that somebody is at is left to them', async (t) => {
  for (const until of [ago(-1), ago(-CLAIM_MS)]) {
    const busy = sweep({ claim: { by: 'them', until } })
    for (const isStart of [false, true]) t.strictSame(claimed({ isStart })(busy), { value: busy, result: null })
    t.equal(claimed()(busy).value, busy, 'so that nothing is written')
  }
})

t.test('a claim does not count where there is nobody else, nor one for longer than there are', async (t) => {
  t.match(claimed({ isAlone: true })(sweep({ claim: { by: 'them', until: ago(-1) } })).result, { claim: ours, counts: { callers: 7 } })
  t.match(claimed()(sweep({ claim: { by: 'them', until: ago(-CLAIM_MS - 1) } })).result, { claim: ours })
})

t.test('the next one is due a day after the last one began', async (t) => {
  const cases: Array<[begun: number, isDue: boolean]> = [[24 * HOUR, true], [24 * HOUR - 1, false], [0, false], [-1, true]]
  for (const [begun, isDue] of cases) {
    const last = sweep({ started_at: ago(begun), finished_at: ago(begun / 2), after: null })
    const { value, result } = claimed()(last)
    t.strictSame(result, isDue ? { version: 1, started_at: NOW.toISOString(), finished_at: null, after: null, claim: ours, counts: NO_COUNTS } : null)
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

t.test('progress is kept and renews the claim; the end lets it go', async (t) => {
  const progress = sweep({ claim: { by: 'us', until: ago(1) }, after: callerHash(2) })
  const stored = sweep({ claim: { by: 'us', until: ago(MINUTE) } })
  const finished = sweep({ ...progress, finished_at: NOW.toISOString(), after: null })

  t.strictSame(saveSweep(progress, NOW)(stored), both({ ...progress, claim: ours }))
  t.strictSame(saveSweep(progress, NOW)(null), both({ ...progress, claim: ours }), 'also when it was deleted by hand')
  t.strictSame(saveSweep(finished, NOW)(stored), both({ ...finished, claim: null }))
})

t.test('progress of one that was taken over is not kept', async (t) => {
  const progress = sweep({ claim: ours })
  for (const claim of [null, { by: 'them', until: ago(-1) }]) {
    const stored = sweep({ claim })
    t.strictSame(saveSweep(progress, NOW)(stored), { value: stored, result: null })
  }
})
