import { getEventListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { clockDriftMs, storableTime, wakeablePause, withDeadline, withTimeLimit } from '../../src/time.ts'

t.test('gives what the work gives while there is time', async (t) => {
  t.equal(await withDeadline(sleep(5, 'done'), 1000, () => 'late'), 'done')
})

t.test('gives what late gives when there is none left, and drops what the work throws later', async (t) => {
  const work = sleep(30).then(() => { throw new Error('too late to matter') })

  t.equal(await withDeadline<string>(work, 5, () => 'late'), 'late')
  await sleep(50)
})

t.test('passes on what the work throws, and what late throws', async (t) => {
  await t.rejects(withDeadline(Promise.reject(new Error('work')), 1000, () => 'late'), { message: 'work' })
  await t.rejects(withDeadline(sleep(1000, null, { ref: false }), 5, () => { throw new Error('late') }), { message: 'late' })
})

const aborted = async (signal: AbortSignal) => await new Promise((_resolve, reject) => {
  if (signal.aborted) reject(signal.reason)
  signal.addEventListener('abort', () => reject(signal.reason))
})

t.test('work under a time limit ends with its result, its error, the limit, or the signal, and leaves nothing on that', async (t) => {
  const stop = new AbortController()
  t.equal(await withTimeLimit(60_000, stop.signal, async () => 'done'), 'done')
  await t.rejects(withTimeLimit(60_000, stop.signal, async () => { throw new Error('work') }), { message: 'work' })
  await t.rejects(withTimeLimit(1, stop.signal, aborted), { name: 'TimeoutError', message: 'it did not respond within 0.001 seconds' })
  const restarted = withTimeLimit(60_000, stop.signal, async (signal, restart) => {
    restart(1)
    await aborted(signal)
  })
  await t.rejects(restarted, { name: 'TimeoutError' })
  t.strictSame(getEventListeners(stop.signal, 'abort'), [])

  const ended = withTimeLimit(60_000, stop.signal, aborted)
  stop.abort(new Error('stop'))
  await t.rejects(ended, { message: 'stop' })
  await t.rejects(withTimeLimit(60_000, stop.signal, aborted), { message: 'stop' })
})

t.test('the drift is what the wall clock moved beyond the time that passed', async (t) => {
  const start = { wallMs: 1_000_000, monotonicMs: 5 }
  const cases: Array<[wallMs: number, monotonicMs: number, drift: number]> = [
    [1_000_000, 5, 0], [1_060_000, 60_005, 0], [1_060_000, 5, 60_000], [940_000, 5, -60_000], [
      1_000_000,
      60_005,
      -60_000
    ]
  ]

  for (const [wallMs, monotonicMs, drift] of cases) t.equal(clockDriftMs(start, { wallMs, monotonicMs }), drift)
})

t.test('a week without a call is no drift', async (t) => {
  const week = 7 * 24 * 60 * 60 * 1000
  t.equal(clockDriftMs({ wallMs: 0, monotonicMs: 0 }, { wallMs: week, monotonicMs: week }), 0)
})

t.test('a time that can be stored stays as it is', async (t) => {
  for (const iso of ['1970-01-01T00:00:00.000Z', '2026-11-22T09:30:00.000Z', '9998-12-31T23:59:59.999Z']) {
    const date = new Date(iso)
    t.equal(storableTime(date), date)
  }
})

t.test('any other time becomes the nearest one that can be stored', async (t) => {
  const cases: Array<[Date, string]> = [
    [new Date('9999-01-01T00:00:00.000Z'), '9998-12-31T23:59:59.999Z'],
    [new Date('+010000-01-01T00:00:00.000Z'), '9998-12-31T23:59:59.999Z'],
    [new Date(8.64e15), '9998-12-31T23:59:59.999Z'],
    [new Date(-1), '1970-01-01T00:00:00.000Z'],
    [new Date(-8.64e15), '1970-01-01T00:00:00.000Z'],
    [new Date(NaN), '1970-01-01T00:00:00.000Z']
  ]
  for (const [date, iso] of cases) t.equal(storableTime(date).toISOString(), iso)
})

const HOUR_MS = 3_600_000

t.test('a pause ends when somebody wakes it, also just before it begins', async (t) => {
  const { pause, wake } = wakeablePause()
  const { signal } = new AbortController()

  const pausing = pause(HOUR_MS, signal)
  wake()
  await pausing
  wake()
  await pause(HOUR_MS, signal)
  const next = pause(HOUR_MS, signal)
  t.equal(await Promise.race([next, new Promise((resolve) => setImmediate(() => resolve('pausing')))]), 'pausing', 'a wake counts once')
  wake()
  await next
})

t.test('a pause ends with its signal, and with one that is aborted already', async () => {
  const { pause } = wakeablePause()
  const stop = new AbortController()

  const pausing = pause(HOUR_MS, stop.signal)
  stop.abort()
  await pausing
  await pause(HOUR_MS, stop.signal)
})
