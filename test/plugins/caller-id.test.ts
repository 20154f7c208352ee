import { createHash, createHmac } from 'node:crypto'
import t from 'tap'
import { build } from '../helper.ts'

const NUMBER = '+15550100123'
const plain = createHash('sha256').update(NUMBER).digest('hex')

t.test('a number is hashed, with PHONE_HASH_KEY under the key', async (t) => {
  const keyed = createHmac('sha256', 'a-long-phone-hash-key').update(NUMBER).digest('hex')

  t.match((await build(t)).callerId.identify(NUMBER), { kind: 'phone', phoneHash: plain })
  t.match((await build(t, { PHONE_HASH_KEY: 'a-long-phone-hash-key' })).callerId.identify(NUMBER), { kind: 'phone', phoneHash: keyed })
})

t.test('DEFAULT_COUNTRY reads numbers without a country code, and without it they are nobody', async (t) => {
  t.not((await build(t)).callerId.identify('5550100123').kind, 'phone')
  t.match((await build(t, { DEFAULT_COUNTRY: 'US' })).callerId.identify('5550100123'), { kind: 'phone', phoneHash: plain })
})

t.test('OWN_NUMBERS are known by their hashes', async (t) => {
  t.strictSame([...(await build(t, { OWN_NUMBERS: NUMBER })).callerId.ownNumbers], [plain])
})
