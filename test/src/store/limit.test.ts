import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { createLimit } from '../../../src/store/limit.ts'

/** Work that ends when it is told to. */
function openWork () {
  let end = () => {}
  let hasBegun = false
  const ended = new Promise<void>((resolve) => { end = resolve })
  return { end: () => end(), hasBegun: () => hasBegun, work: async () => { hasBegun = true; await ended; return 'done' } }
}

t.test('work beyond the places waits until one is free', async (t) => {
  const places = createLimit(2)
  const [first, second, third] = [openWork(), openWork(), openWork()]

  const results = Promise.all([first, second, third].map(({ work }) => places(work)))
  await nextTurn()
  t.strictSame([first, second, third].map(({ hasBegun }) => hasBegun()), [true, true, false])

  second.end()
  await nextTurn()
  t.equal(third.hasBegun(), true)
  first.end()
  third.end()
  t.strictSame(await results, ['done', 'done', 'done'])
})

t.test('patience that ends, ends the waiting, and the work never starts', async (t) => {
  const places = createLimit(1)
  const [first, second, third] = [openWork(), openWork(), openWork()]

  const running = places(first.work)
  const waiting = places(second.work, 10)
  const behind = places(third.work)
  await t.rejects(waiting, { code: 'BRIDGE_STORAGE_BUSY', statusCode: 503 })
  await t.rejects(places(second.work, 0), { code: 'BRIDGE_STORAGE_BUSY' }, 'nor does it wait without any')
  first.end()
  await running
  third.end()

  t.equal(await behind, 'done', 'who waited behind it comes next')
  t.equal(second.hasBegun(), false)
})

t.test('work that runs keeps its place and gives its result, however patient whoever asked was', async (t) => {
  const places = createLimit(1)
  const [first, second] = [openWork(), openWork()]

  const running = places(first.work, 1)
  const behind = places(second.work)
  await wait(20)
  t.equal(second.hasBegun(), false)
  first.end()

  t.equal(await running, 'done')
  second.end()
  t.equal(await behind, 'done')
})

t.test('work that fails frees its place, and passes its error on', async (t) => {
  const places = createLimit(1)
  const failure = new Error('no')

  await t.rejects(places(async () => { throw failure }), failure)

  t.equal(await places(async () => 'next'), 'next')
})

t.test('work that need not wait starts also without any patience: late is better than never', async (t) => {
  const places = createLimit(1)

  t.equal(await places(async () => 'done', -5), 'done')
})

t.test('who found a place in time is not sent away later', async (t) => {
  const places = createLimit(1)
  const [first, second] = [openWork(), openWork()]

  const running = places(first.work)
  const waiting = places(second.work, 30)
  first.end()
  await running
  await wait(60)
  second.end()

  t.equal(await waiting, 'done')
})
