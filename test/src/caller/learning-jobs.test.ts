/** Jobs of a record, as pure changes. */
import t from 'tap'
import type { CallerRecord } from '../../../schemas/caller-record.ts'
import { activeRecord, recordToChange, type Caller } from '../../../src/caller/caller.ts'
import { dropOldTurns, dueJobs, findJob, jobFailed, KEPT_TURNS_MS, MAX_JOBS, MAX_JOBS_WITH_TURNS, nextDue, nextTurnsEnd, RETRY_MS, retryJob, tryWaitingNow, withJob, withoutJob } from '../../../src/caller/learning-jobs.ts'
import { at, callerHash, contextOf } from '../../stored.ts'

const dana = callerHash(1)
const turns = [{ number: 1, role: 'user' as const, text: 'I moved to Denver.' }]
const empty = recordToChange({ record: null, erasedAt: null }, contextOf(dana, 0))
const callerWith = (record: CallerRecord): Caller => ({ record, erasedAt: null })
const withOne = withJob(empty, 'conv_1', turns, at(0))
const attempt = (seconds: number, more: Partial<Parameters<typeof jobFailed>[2]> = {}) =>
  jobFailed('conv_1', 'no answer', { now: new Date(at(seconds)), tries: 0, retryAfterMs: null, isFinal: false, ...more })

t.test('a call has one job', async (t) => {
  t.strictSame(withOne.jobs, [{ conversation_id: 'conv_1', state: 'waiting', tries: 0, created_at: at(0), due_at: at(0), error: null, turns }])
  t.equal(withJob(withOne, 'conv_1', [], at(9)), withOne)
  t.equal(findJob(withOne, 'conv_2'), undefined)
  t.notOk('jobs' in withoutJob(withOne, 'conv_1'))
})

t.test('a job that fails waits longer each time, and has failed after the last try', async (t) => {
  let caller = callerWith(withOne)
  const seen: unknown[] = []
  for (let n = 0; n <= RETRY_MS.length; n++) {
    const { caller: next, result } = attempt(0, { tries: n })(caller)
    caller = next
    const { due_at: due, tries } = findJob(activeRecord(caller), 'conv_1')!
    seen.push([result, tries, Date.parse(due) - Date.parse(at(0))])
  }

  t.strictSame(seen, [
    ['waiting', 1, 30_000], ['waiting', 2, 120_000], ['waiting', 3, 600_000], ['waiting', 4, 3_600_000], ['waiting', 5, 21_600_000], ['failed', 6, 21_600_000]
  ])
  t.strictSame(dueJobs(activeRecord(caller), at(99_999_999)), [], 'it is not tried by itself any more')
  t.match(findJob(activeRecord(caller), 'conv_1'), { error: 'no answer', turns })
})

t.test('an endpoint can ask for a longer pause, six hours at most, but not for a shorter one', async (t) => {
  const pause = (retryAfterMs: number) => findJob(activeRecord(attempt(0, { retryAfterMs })(callerWith(withOne)).caller), 'conv_1')?.due_at
  t.strictSame([pause(1000), pause(90_000), pause(1e12)], [at(30), at(90), at(6 * 3600)])
})

t.test('a job that cannot succeed is not tried again', async (t) => {
  t.equal(attempt(0, { isFinal: true })(callerWith(withOne)).result, 'failed')
})

t.test('two tries at the same time count as one', async (t) => {
  const { caller } = attempt(0)(callerWith(withOne))
  t.strictSame(attempt(5)(caller), { caller, result: 'waiting' })
})

t.test('a job that is gone stays gone', async (t) => {
  for (const caller of [callerWith(empty), { record: null, erasedAt: at(1) }]) {
    t.strictSame(attempt(5)(caller), { caller, result: 'gone' })
  }
})

t.test('a failed or waiting job can be tried again at once', async (t) => {
  const failed = attempt(0, { isFinal: true })(callerWith(withOne)).caller

  const { result } = retryJob('conv_1', at(70))(failed)

  t.match(result, { state: 'waiting', tries: 0, due_at: at(70), turns })
  t.match(retryJob('conv_1', at(5))(attempt(0)(callerWith(withOne)).caller).result, { state: 'waiting', tries: 0, due_at: at(5) })
  t.throws(() => retryJob('conv_2', at(70))(failed), { code: 'BRIDGE_JOB_UNKNOWN' })
  t.throws(() => retryJob('conv_1', at(70))({ record: null, erasedAt: null }), { code: 'BRIDGE_JOB_UNKNOWN' })
})

t.test('waiting jobs can be made due, failed ones stay failed', async (t) => {
  const later = attempt(0)(callerWith(withOne)).caller
  const failed = attempt(0, { isFinal: true })(callerWith(withOne)).caller

  const { caller, result } = tryWaitingNow(at(5))(later)

  t.strictSame([result, findJob(activeRecord(caller), 'conv_1')], [1, { ...findJob(activeRecord(later), 'conv_1'), due_at: at(5) }])
  t.strictSame(tryWaitingNow(at(5))(callerWith(withOne)), { caller: callerWith(withOne), result: 1 }, 'it is due already')
  t.strictSame(tryWaitingNow(at(5))(failed), { caller: failed, result: 0 })
  t.strictSame(
    tryWaitingNow(at(5))({ record: null, erasedAt: null }),
    { caller: { record: null, erasedAt: null }, result: 0 }
  )
})

t.test('turns are dropped after seven days, the job stays', async (t) => {
  const caller = callerWith(withOne)
  const end = KEPT_TURNS_MS / 1000

  t.strictSame(dropOldTurns(at(end - 1))(caller), { caller, result: 0 })
  const { caller: dropped, result } = dropOldTurns(at(end))(caller)
  t.strictSame([result, activeRecord(dropped)?.jobs?.map((job) => job.turns)], [1, [null]])
})

t.test('the next due time is that of a try or of old turns', async (t) => {
  const failed = activeRecord(attempt(0, { isFinal: true })(callerWith(withOne)).caller)
  const bare = activeRecord(dropOldTurns(at(KEPT_TURNS_MS / 1000))(callerWith(failed!)).caller)
  t.strictSame([nextDue(null), nextDue(empty), nextDue(withOne)], [null, null, at(0)])
  t.equal(nextDue(failed), at(KEPT_TURNS_MS / 1000))
  t.equal(nextDue(withOne, new Map([['conv_1', at(40)], ['conv_2', at(20)]])), at(40), 'it is held')
  t.equal(nextDue(withOne, new Map([['conv_1', at(1e9)]])), at(KEPT_TURNS_MS / 1000), 'what was said goes all the same')
  t.match(nextDue(bare), /^9999/, 'it stays to be seen')
  t.strictSame([nextTurnsEnd(null), nextTurnsEnd(withOne)], [null, at(KEPT_TURNS_MS / 1000)])
})

t.test('the newest of many jobs keep their turns', async (t) => {
  let record = withOne
  for (let n = 2; n <= MAX_JOBS_WITH_TURNS + 2; n++) record = withJob(record, `conv_${n}`, turns, at(n))
  t.strictSame(
    record.jobs?.map((job) => job.turns === null),
    [true, true, ...Array.from({ length: MAX_JOBS_WITH_TURNS }, () => false)]
  )
})

t.test('beyond the limit, failed jobs go first, then the oldest', async (t) => {
  let record = withOne
  for (let n = 2; n <= MAX_JOBS; n++) record = withJob(record, `conv_${n}`, turns, at(n))
  const failed = activeRecord(jobFailed('conv_7', 'x', { now: new Date(at(60)), tries: 0, retryAfterMs: null, isFinal: true })(callerWith(record)).caller)!

  const one = withJob(failed, 'new', turns, at(99))
  const two = withJob(one, 'newer', turns, at(99))

  t.strictSame([one.jobs?.length, findJob(one, 'conv_7'), findJob(one, 'conv_1')?.conversation_id], [MAX_JOBS, undefined, 'conv_1'])
  t.strictSame([two.jobs?.length, findJob(two, 'conv_1'), findJob(two, 'newer')?.conversation_id], [MAX_JOBS, undefined, 'newer'])
})
