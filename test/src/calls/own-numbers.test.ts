import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { learnOwnNumber, ownNumberTest } from '../../../src/calls/own-numbers.ts'
import { createCallerIdReader } from '../../../src/phone/caller-id.ts'
import { callerHash, filePlace } from '../../stored.ts'

const callerId = createCallerIdReader({ hashKey: 'a-hash-key-for-tests', ownNumbers: ['+15550100200'] })
const [former, keyed, other] = [callerHash(1), callerHash(2), callerHash(3)]
const [configured = ''] = callerId.ownNumbers
const both = { phoneHash: keyed, legacyHash: former }

t.test('a number is ours by either hash, learnt or set', async (t) => {
  const store = await filePlace(t).open()
  const isOwn = async (number: Parameters<Awaited<ReturnType<typeof ownNumberTest>>>[0]) =>
    (await ownNumberTest(store, callerId))(number)
  t.equal(await isOwn(both), false)

  await learnOwnNumber(store, former)

  t.equal(await isOwn(both), true)
  t.equal(await isOwn({ phoneHash: keyed, legacyHash: null }), false)
  t.equal(await isOwn({ phoneHash: other, legacyHash: null }), false)
  for (const phoneHash of callerId.ownNumbers) t.equal(await isOwn({ phoneHash, legacyHash: null }), true, 'also when the number is not at hand')
})

t.test('a number that was learnt before the key is not new, and goes on under the key alone', async (t) => {
  const store = await filePlace(t).open()
  const learned = async () => (await store.loadDocument('own-numbers'))?.phone_hashes
  await learnOwnNumber(store, other)
  await learnOwnNumber(store, former)

  t.equal(await learnOwnNumber(store, keyed, former), false)
  t.strictSame(await learned(), [other, keyed])
  t.equal(await learnOwnNumber(store, keyed, former), false)
  t.equal(await learnOwnNumber(store, callerHash(4), callerHash(5)), true)
  t.strictSame(await learned(), [other, keyed, callerHash(4)])
})

t.test('damaged own numbers are none: they cost no call its answer, and can be learned again', async (t) => {
  for (const work of ['ask', 'learn'] as const) {
    await t.test(work, async (t) => {
      const place = filePlace(t)
      const store = await place.open()
      await writeFile(join(place.folder, 'own-numbers.json'), '{"version":1')

      if (work === 'ask') {
        const isOurs = await ownNumberTest(store, callerId)
        t.strictSame([isOurs({ phoneHash: configured, legacyHash: null }), isOurs(both)], [true, false])
      }
      t.equal(await learnOwnNumber(store, keyed), true)
      t.ok((await ownNumberTest(store, callerId))(both))
      t.match(place.damaged, [/^own-numbers\.json\.damaged-/])
    })
  }
})
