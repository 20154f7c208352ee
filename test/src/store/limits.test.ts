import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { createBatches, createLimit, createRounds } from '../../../src/store/limits.ts'

/** Work that ends when it is told to. */
function openWork () {
  let end = () => {}
  let hasBegun = false
  const ended = new Promise<void>((resolve) => { end = resolve })
  return { end: () => end(), hasBegun: () => hasBegun, work: async () => { hasBegun = true; await ended; return 'done' } }
}

t.test('work beyond the limit waits until a slot is free', async (t) => {
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

t.test('when patience ends, the wait ends, and the work never starts', async (t) => {
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

t.test('running work keeps its slot and returns its result, whatever the patience was', async (t) => {
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

t.test('work that fails frees its slot, and rejects with its error', async (t) => {
  const places = createLimit(1)
  const failure = new Error('no')

  await t.rejects(places(async () => { throw failure }), failure)

  t.equal(await places(async () => 'next'), 'next')
})

t.test('with a free slot, work starts even with no patience', async (t) => {
  const places = createLimit(1)

  t.equal(await places(async () => 'done', -5), 'done')
})

t.test('work that found a slot in time is not rejected later', async (t) => {
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

t.test('work that comes during a round waits for the next one, which takes a limited number, in order', async (t) => {
  const inTurn = createRounds(2)
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const work = (name: string) => () => {
    begun.push(name)
    return new Promise<string>((resolve) => ends.set(name, () => resolve(name)))
  }
  async function end (name: string): Promise<void> {
    ends.get(name)!()
    await nextTurn()
  }

  const all = ['a', 'b', 'c', 'd'].map((name) => inTurn(work(name)))
  t.strictSame(begun, ['a'], 'nobody to wait for')
  await end('a')
  t.strictSame(begun, ['a', 'b', 'c'])
  await end('c')
  t.strictSame(begun, ['a', 'b', 'c'], 'a round ends with its last')
  await end('b')
  t.strictSame(begun, ['a', 'b', 'c', 'd'])
  await end('d')

  t.strictSame(await Promise.all(all), ['a', 'b', 'c', 'd'])
})

t.test('a failure reaches its own caller, and the rounds continue', async (t) => {
  const inTurn = createRounds(2)

  const failing = inTurn(async () => { throw new Error('no') })
  const next = inTurn(async () => 'next')

  await t.rejects(failing, { message: 'no' })
  t.equal(await next, 'next')
})

t.test('what comes during a batch shares the next one, and a failure fails its batch alone', async (t) => {
  const batches: number[][] = []
  const double = createBatches(async (numbers: number[]) => {
    batches.push(numbers)
    await null
    if (numbers.includes(3)) throw new Error('no threes')
    return numbers.map((n) => 2 * n)
  }, 2)

  const results = await Promise.allSettled([1, 2, 3, 4].map(double))
  t.equal(await double(5), 10)

  t.strictSame(batches, [[1], [2, 3], [4], [5]])
  t.match(results, [{ value: 2 }, { reason: { message: 'no threes' } }, { reason: { message: 'no threes' } }, { value: 8 }])
})
