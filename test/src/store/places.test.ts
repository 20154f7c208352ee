import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { createPlaces } from '../../../src/store/places.ts'

t.test('as many get a place as there are, the others when one is given back, in order', async (t) => {
  const takePlace = createPlaces(2)
  const served: number[] = []
  const all = [1, 2, 3, 4].map(async (n) => {
    const giveBack = await takePlace()
    served.push(n)
    return giveBack
  })
  const [first, second] = await Promise.all(all.slice(0, 2))

  await wait(5)
  t.strictSame(served, [1, 2])
  first!()
  first!()
  await all[2]
  t.strictSame(served, [1, 2, 3], 'a place that is given back twice is one place')
  second!()
  await all[3]
  t.strictSame(served, [1, 2, 3, 4])
})

t.test('who waits is sent away when their signal is aborted, and takes no place later', async (t) => {
  const takePlace = createPlaces(1)
  const giveBack = await takePlace()
  const deadline = new AbortController()
  const waiting = takePlace(deadline.signal)

  deadline.abort()
  await t.rejects(waiting, { code: 'BRIDGE_STORAGE_BUSY', statusCode: 503 })
  await t.rejects(takePlace(deadline.signal), { code: 'BRIDGE_STORAGE_BUSY' }, 'also when it was aborted before')
  giveBack()

  t.type(await takePlace(new AbortController().signal), 'function')
})
