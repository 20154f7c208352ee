import t from 'tap'
import { learnOwnNumber, ownNumberTest } from '../../../src/calls/own-numbers.ts'
import { createCallerIdReader } from '../../../src/phone/caller-id-reader.ts'
import { callerHash, filePlace } from '../../stored.ts'

const callerId = createCallerIdReader({ hashKey: 'a-hash-key-for-tests', ownNumbers: ['+15550100200'] })
const [former, keyed, other] = [callerHash(1), callerHash(2), callerHash(3)]
const both = { phoneHash: keyed, formerHash: former }

t.test('a number is ours by either hash, learnt or set', async (t) => {
  const store = await filePlace(t).open()
  const isOwn = async (number: Parameters<Awaited<ReturnType<typeof ownNumberTest>>>[0]) => (await ownNumberTest(store, callerId))(number)
  t.equal(await isOwn(both), false)

  await learnOwnNumber(store, former)

  t.equal(await isOwn(both), true)
  t.equal(await isOwn({ phoneHash: keyed, formerHash: null }), false)
  t.equal(await isOwn({ phoneHash: other, formerHash: null }), false)
  for (const phoneHash of callerId.ownNumbers) t.equal(await isOwn({ phoneHash, formerHash: null }), true, 'also when the number is not at hand')
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
