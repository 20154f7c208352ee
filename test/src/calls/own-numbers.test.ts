import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { isOwn as isOwnBy, ownNumbersOf } from '../../../src/calls/identify.ts'
import { learnOwnNumber } from '../../../src/calls/own-numbers.ts'
import { createCallerIdReader, type Identity, type PhoneHashes } from '../../../src/phone/caller-id.ts'
import { callerHash, filePlace } from '../../stored.ts'

const callerId = createCallerIdReader({ PHONE_HASH_KEY: 'a-hash-key-for-tests', OWN_NUMBERS: ['+15550100200'] })
const [former, keyed, other] = [callerHash(1), callerHash(2), callerHash(3)]
const [configured = ''] = callerId.ownNumbers
const both = { phoneHash: keyed, legacyHash: former }
const identityOf = (hashes: PhoneHashes): Identity => ({ kind: 'phone', mask: (text) => text, ...hashes })

t.test('a number is ours by either hash, learnt or set', async (t) => {
  const store = await filePlace(t).open()
  const isOwn = async (number: PhoneHashes) => isOwnBy(identityOf(number), await ownNumbersOf({ store, callerId }))
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
        const own = await ownNumbersOf({ store, callerId })
        const asked = [{ phoneHash: configured, legacyHash: null }, both].map(identityOf)
        t.strictSame(asked.map((identity) => isOwnBy(identity, own)), [true, false])
      }
      t.equal(await learnOwnNumber(store, keyed), true)
      t.ok(isOwnBy(identityOf(both), await ownNumbersOf({ store, callerId })))
      t.match(place.damaged, [/^own-numbers\.json\.damaged-/])
    })
  }
})
