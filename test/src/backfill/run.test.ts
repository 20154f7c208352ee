import t from 'tap'
import type { BackfillRun } from '../../../schemas/caller-record.ts'
import { beginRun, savePosition, type OpenRun } from '../../../src/backfill/run.ts'
import { checks, deepFreeze } from '../../stored.ts'

const NOW = new Date('2026-11-22T09:30:00.000Z')
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const ago = (ms: number) => new Date(NOW.getTime() - ms).toISOString()
const seconds = (ms: number) => (NOW.getTime() - ms) / 1000
const WEEK = 7 * 24 * HOUR

const agents = ['agent_a', 'agent_b']
const run = (overrides: Partial<OpenRun> = {}): OpenRun => deepFreeze({
  version: 1, since: ago(WEEK), begun_at: ago(MINUTE), next: { since: seconds(WEEK), agent: 'agent_b', cursor: 'c' }, finished_at: null, ...overrides
})
const isDone: Partial<BackfillRun> = { next: null, finished_at: ago(0) }
const begun = (ms: number) => ({
  version: 1, since: ago(ms), begun_at: NOW.toISOString(), next: { since: seconds(ms), agent: 'agent_a', cursor: null }, finished_at: null
})

t.test('a run begins with the first agent', async (t) => {
  for (const stored of [null, { ...run(), ...isDone }, run({ begun_at: ago(25 * HOUR), since: ago(2 * WEEK) })]) {
    const { value, result } = beginRun(seconds(WEEK), agents, NOW)(stored)
    t.strictSame(result, begun(WEEK))
    t.equal(value, result)
    t.ok(checks.documents.backfill(value))
  }
})

t.test('a run that was broken off goes on where it was', async (t) => {
  const cases: Array<[what: string, since: number | null, stored: OpenRun]> = [
    ['asked to go on', null, run({ begun_at: ago(10 * WEEK) })],
    ['the same moment, however old it is', seconds(WEEK), run({ begun_at: ago(10 * WEEK) })],
    ['a later moment, within a day', seconds(WEEK - HOUR), run({ begun_at: ago(23 * HOUR) })]
  ]
  for (const [what, since, stored] of cases) {
    const { value, result } = beginRun(since, agents, NOW)(stored)
    t.equal(result, stored, what)
    t.equal(value, stored, 'so that nothing is written')
  }
})

t.test('it does not go on with one that leads to less, or is from tomorrow', async (t) => {
  t.strictSame(beginRun(seconds(WEEK + HOUR), agents, NOW)(run()).result, begun(WEEK + HOUR))
  t.strictSame(beginRun(seconds(WEEK - HOUR), agents, NOW)(run({ begun_at: ago(-HOUR) })).result, begun(WEEK - HOUR))
})

t.test('there may be nothing to go on with', async (t) => {
  const finished = { ...run(), ...isDone }
  t.strictSame(beginRun(null, agents, NOW)(null), { value: null, result: null })
  const { value, result } = beginRun(null, agents, NOW)(finished)
  t.equal(value, finished)
  t.equal(result, null)
})

t.test('an agent that is not ours any more is begun anew with ours', async (t) => {
  const { value, result } = beginRun(null, agents, NOW)(run({ next: { since: 1, agent: 'agent_gone', cursor: 'c' } }))
  t.strictSame(result, run({ next: { since: seconds(WEEK), agent: 'agent_a', cursor: null } }))
  t.equal(value, result)
})

t.test('the place is kept after each page', async (t) => {
  const next = { since: seconds(WEEK), agent: 'agent_b', cursor: 'd' }
  for (const stored of [run(), null]) {
    const saved = savePosition(run(), next, agents, NOW)(stored)
    t.strictSame(saved, { value: run({ next }), result: next }, 'also when the document was deleted meanwhile')
    t.ok(checks.documents.backfill(saved.value))
  }
  t.strictSame(savePosition(run(), null, agents, NOW)(run()), { value: { ...run(), ...isDone }, result: null })
})

t.test('who comes second leaves the place as it is', async (t) => {
  const further = run({ next: { since: seconds(WEEK), agent: 'agent_b', cursor: 'e' } })
  for (const stored of [further, { ...run(), ...isDone }]) {
    const { value, result } = savePosition(run(), { ...run().next, cursor: 'd' }, agents, NOW)(stored)
    t.equal(value, stored)
    t.equal(result, stored.next)
  }
})

t.test('a run that took more than an hour, breaks and all, looks once more for what began since', async (t) => {
  const long = run({ begun_at: ago(HOUR + 1000) })
  const next = { since: seconds(2 * HOUR + 1000), agent: 'agent_a', cursor: null }
  t.strictSame(
    savePosition(long, null, agents, NOW)(long),
    { value: { ...long, begun_at: NOW.toISOString(), next }, result: next }
  )
  t.match(savePosition(run({ begun_at: ago(HOUR) }), null, agents, NOW)(null).result, null)

  const short = run({ since: ago(HOUR + 2000), begun_at: ago(HOUR + 1000) })
  t.match(savePosition(short, null, agents, NOW)(short).result, { since: seconds(HOUR + 2000) }, 'and no further back than was asked for')
})
