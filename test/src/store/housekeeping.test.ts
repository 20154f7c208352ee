import t from 'tap'
import { erase } from '../../../src/caller/profile.ts'
import { at, callerHash, dropMarks, fact, filePlace } from '../../stored.ts'

t.test('marks are dropped on every page, old ones only', async (t) => {
  const store = await filePlace(t).open()
  const callers = Array.from({ length: 230 }, (_, n) => callerHash(n))
  await Promise.all(callers.map((caller, n) => store.update(caller, erase(at(n % 10 === 0 ? 20 : 10)))))

  t.equal(await dropMarks(store, at(15)), 207)
  t.equal(await dropMarks(store, at(15)), 0)

  t.equal((await store.list('marks', null, 1000)).callers.length, 23)
})

t.test('a record that was made since its erasure stays', async (t) => {
  const store = await filePlace(t).open()
  const dana = callerHash(1)
  await store.update(dana, erase(at(1)))
  await store.update(dana, fact(dana, 'came back', 2))

  t.equal(await dropMarks(store, at(9)), 1)

  t.match(await store.load(dana), { record: { facts: [{ text: 'came back' }] }, erasedAt: null })
})
