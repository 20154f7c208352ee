import { getEventListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { withDeadline, withTimeLimit } from '../../src/deadline.ts'

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
