import t from 'tap'
import { wakeablePause } from '../../src/background-pause.ts'

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
