import t, { type Test } from 'tap'
import { createRecent } from '../../../src/store/recent.ts'

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
