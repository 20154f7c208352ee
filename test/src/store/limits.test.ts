import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { createBatches, createLimit, createRecent } from '../../../src/store/limits.ts'

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

/** A value that counts its loads, and the clock it goes by. */
function counted (t: Test) {
  const clock = { ms: 0 }
  t.intercept(performance, 'now', { value: () => clock.ms })
  const loads: Array<PromiseWithResolvers<number>> = []
  const recent = createRecent(() => {
    const load = withResolvers<number>()
    loads.push(load)
    return load.promise
  })
  return { clock, loads, recent }
}

interface PromiseWithResolvers<T> { promise: Promise<T>, resolve: (value: T) => void, reject: (error: unknown) => void }

function withResolvers<T> (): PromiseWithResolvers<T> {
  let resolve: (value: T) => void = () => {}
  let reject: (error: unknown) => void = () => {}
  const promise = new Promise<T>((...settle) => { [resolve, reject] = settle })
  return { promise, resolve, reject }
}

t.test('many readers at once share one load', async (t) => {
  const { loads, recent } = counted(t)

  const asked = Promise.all([recent.get(), recent.get(), recent.get()])
  loads[0]?.resolve(7)

  t.strictSame(await asked, [7, 7, 7])
  t.equal(loads.length, 1)
})

t.test('a value is held for a second, counted from the beginning of its load', async (t) => {
  const { clock, loads, recent } = counted(t)
  const first = recent.get()
  clock.ms = 900
  loads[0]?.resolve(1)
  await first

  clock.ms = 1000
  t.equal(await recent.get(), 1)
  clock.ms = 1001
  const second = recent.get()
  loads[1]?.resolve(2)

  t.equal(await second, 2)
  t.equal(await recent.get(), 2)
  t.equal(loads.length, 2)
})

t.test('null is a value like any other', async (t) => {
  let loads = 0
  const recent = createRecent(async () => { loads++; return null })

  t.strictSame([await recent.get(), await recent.get()], [null, null])
  t.equal(loads, 1)
})

t.test('a forgotten value is loaded again, also while it is being loaded', async (t) => {
  const { loads, recent } = counted(t)

  const before = recent.get()
  recent.forget()
  const after = recent.get()
  loads[1]?.resolve(2)
  loads[0]?.resolve(1)

  t.strictSame([await before, await after], [1, 2])
  t.equal(await recent.get(), 2, 'the older load does not come back')
  t.equal(loads.length, 2)
})

t.test('a failure reaches everybody who waited for it, and is not kept', async (t) => {
  const { loads, recent } = counted(t)
  const failure = new Error('no disk')

  const asked = [recent.get(), recent.get()]
  loads[0]?.reject(failure)
  for (const each of asked) await t.rejects(each, failure)
  const next = recent.get()
  loads[1]?.resolve(2)

  t.equal(await next, 2)
})

t.test('a failure of an older load leaves the newer value', async (t) => {
  const { loads, recent } = counted(t)

  const older = recent.get()
  recent.forget()
  const newer = recent.get()
  loads[1]?.resolve(2)
  loads[0]?.reject(new Error('no disk'))
  await t.rejects(older, { message: 'no disk' })

  t.strictSame([await newer, await recent.get()], [2, 2])
  t.equal(loads.length, 2)
})

t.test('a value is loaded again before it is too old, and nobody waits for that', async (t) => {
  const clock = { ms: 0 }
  t.intercept(performance, 'now', { value: () => clock.ms })
  const loads: Array<PromiseWithResolvers<number>> = []
  const recent = createRecent(() => {
    loads.push(withResolvers<number>())
    return loads.at(-1)!.promise
  }, () => clock.ms - 1000, 500)
  const turn = async () => { for (let n = 0; n < 5; n++) await null }

  const first = recent.get()
  loads[0]?.resolve(1)
  await first
  clock.ms = 500
  t.strictSame([await recent.get(), loads.length], [1, 1])
  clock.ms = 501
  t.strictSame([await recent.get(), await recent.get(), loads.length], [1, 1, 2])
  loads[1]?.resolve(2)
  await turn()
  clock.ms = 1501
  t.strictSame([await recent.get(), loads.length], [2, 3])
  loads[2]?.reject(new Error('no disk'))
  await turn()
  clock.ms = 1502
  const second = recent.get()
  t.equal(loads.length, 4, 'a load that failed keeps no old value alive')
  loads[3]?.resolve(3)
  await second
  clock.ms = 2400
  t.strictSame([await recent.get(), loads.length], [3, 5])
  recent.forget()
  loads[4]?.resolve(4)
  await turn()
  const third = recent.get()
  t.equal(loads.length, 6, 'one from before a change does not come back')
  loads[5]?.resolve(5)
  t.equal(await third, 5)
})
