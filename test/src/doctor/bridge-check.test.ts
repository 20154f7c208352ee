import t from 'tap'
import { StatusSchema, type Status } from '../../../schemas/status.ts'
import { checkBridge } from '../../../src/doctor/bridge-check.ts'
import { broken } from './doctor.ts'

const NOW = new Date('2026-11-22T09:30:00.000Z')
const EARLIER = '2026-11-22T09:00:00.000Z'
const NO_REFUSALS = { requests: 0, last_at: null, last_reason: null }
const [example] = StatusSchema.examples as [Status]
const GOOD: Status = {
  ...example,
  calls: {
    ...example.calls,
    last_end_at: EARLIER,
    waiting_since: null,
    without_end: 0,
    foreign_starts: 0,
    neutral: [],
    refused: { personalize: NO_REFUSALS, post_call: NO_REFUSALS }
  },
  warnings: []
}

const check = (status: Parameters<typeof checkBridge>[0]['status'], lock: string | null = null) =>
  checkBridge({ url: 'http://127.0.0.1:8000', version: example.version, status, lock, now: NOW })

t.test('a good bridge has nothing to look at', async (t) => {
  t.strictSame(check(GOOD).map(({ check, level }) => [check, level]), [
    ['bridge', 'ok'], ['storage', 'ok'], ['call starts', 'ok'], ['call ends', 'ok'], ['learning', 'ok'], ['backup', 'ok']
  ])
})

t.test('says what there was', async (t) => {
  const said = (check: string, calls: Partial<Status['calls']>, waiting = 1) => checkBridge({
    url: '', version: example.version, status: { ...GOOD, calls: { ...GOOD.calls, ...calls }, learning: { ...GOOD.learning, jobs: { ...GOOD.learning.jobs!, waiting } } }, lock: null, now: NOW
  }).find((finding) => finding.check === check)?.message

  t.equal(said('call ends', {}), `The last one came at ${EARLIER}.`)
  t.equal(said('call ends', { ends: 0, last_end_at: null }), 'None came yet; the calls are not an hour old.')
  t.equal(said('call ends', { starts: 0, ends: 1 }), `The last one came at ${EARLIER}.`)
  t.equal(said('call ends', { starts: 0, ends: 0, last_end_at: null }), 'There was no call yet.')
  t.equal(said('learning', {}), `Calls that wait: 1, the first since ${example.learning.jobs!.waiting_since}.`)
  t.equal(said('learning', {}, 0), 'No call waits.')
})

t.test('finds a bridge that', async (t) => {
  const calls = (change: Partial<Status['calls']>) => ({ ...GOOD, calls: { ...GOOD.calls, ...change } })
  const jobs = (change: Partial<NonNullable<Status['learning']['jobs']>>) =>
    ({ ...GOOD, learning: { ...GOOD.learning, jobs: { ...GOOD.learning.jobs!, ...change } } })
  const refusal = { requests: 1, last_at: '2026-11-22T09:29:00.000Z', last_reason: 'The secret is wrong' }
  const cases: Array<[what: string, status: Parameters<typeof check>[0], found: string[]]> = [
    ['does not run', null, ['failure bridge: No bridge responds at http://127.0.0.1:8000. DATA_DIR is in use by process 7 on host.']],
    ['refuses the key', { refused: 'The admin key is wrong' }, ['failure bridge: The bridge at http://127.0.0.1:8000 does not show its status: The admin key is wrong']],
    ['is of another version', { ...GOOD, version: '0.2.0' }, [`warning bridge: Version 0.2.0 is running, and this command is ${example.version}.`]],
    ['cannot use its storage', { ...GOOD, storage: { driver: 'files', is_ready: false } }, ['failure storage: It cannot use DATA_DIR: no call is recorded.']],
    ['warns by itself', { ...GOOD, warnings: [{ code: 'sweep_stopped', message: 'A sweep is stopped.', remedy: 'Look.' }] }, ['warning bridge: A sweep is stopped.']],
    ['was never asked', { ...calls({ starts: 0, last_start_at: null, ends: 0, last_end_at: null }) }, ['warning call starts: None came since 2026-11-20T09:30:00.000Z.']],
    ['has just begun', { ...calls({ starts: 0, last_start_at: null, ends: 0, last_end_at: null }), started_at: EARLIER }, []],
    ['only hears of others', calls({ starts: 0, last_start_at: null, foreign_starts: 3 }), ['failure call starts: All 3 named other agents, or none.']],
    ['refuses call starts', calls({ refused: { personalize: refusal, post_call: NO_REFUSALS } }), ['failure call starts: The last one was refused, at 2026-11-22T09:29:00.000Z: The secret is wrong']],
    ['refused one before', calls({ refused: { personalize: { ...refusal, last_at: EARLIER }, post_call: NO_REFUSALS } }), []],
    ['refuses call ends', calls({ refused: { personalize: NO_REFUSALS, post_call: refusal } }), ['failure call ends: The last one was refused, at 2026-11-22T09:29:00.000Z: The secret is wrong']],
    ['hears no call end', { ...GOOD, warnings: [{ code: 'no_call_ends', message: 'No call end for a day.', remedy: 'Look.' }] }, ['failure call ends: No call end for a day.']],
    ['misses call ends', calls({ without_end: 2 }), ['warning call ends: Calls of the last day without a call end: 2.']],
    ['has failed jobs', jobs({ failed: 2, failed_since: EARLIER }), [`warning learning: Calls that could not be learnt from: 2, the first of ${EARLIER}.`]],
    ['has no backup', { ...GOOD, last_backup_at: null }, ['warning backup: There was none yet.']],
    ['has an old backup', { ...GOOD, last_backup_at: '2026-11-15T09:30:00.000Z' }, ['warning backup: The last one is of 2026-11-15T09:30:00.000Z.']],
    ['uses a database', { ...GOOD, storage: { driver: 'postgresql', is_ready: true }, last_backup_at: null }, []]
  ]
  for (const [what, status, found] of cases) t.strictSame(broken(check(status, 'process 7 on host')), found, what)
})
