import t from 'tap'
import { createCallerIdReader } from '../../../src/phone/caller-id-reader.ts'

const DANA = '71e19f521d9da9cc0015cba3830ccef960c34abdf3dc865e52fc58b1c9cfcd0c'
const DANA_KEYED = '63bef5703e0d254e4eb9c025c4df87ecc1cb73be85178b1f8fd6bbf58fb19c36'

t.test('a caller id reader', async (t) => {
  t.test('identifies a caller by the hash of the number', async (t) => {
    const reader = createCallerIdReader({ ownNumbers: [] })

    t.match(reader.identify('+1 (555) 010-0123'), { kind: 'phone', phoneHash: DANA })
  })

  t.test('keys the hash when there is a key', async (t) => {
    const reader = createCallerIdReader({ hashKey: 'a-hash-key-for-tests', ownNumbers: ['+15550100123'] })

    t.match(reader.identify('+15550100123'), { kind: 'phone', phoneHash: DANA_KEYED, legacyHash: DANA })
    t.strictSame([...reader.ownNumbers], [DANA_KEYED, DANA])
  })

  t.test('has no legacy hash without a key or without a number', async (t) => {
    const ownNumbers = ['+15550100123']

    t.match(createCallerIdReader({ ownNumbers }).identify('+15550100123'), { phoneHash: DANA, legacyHash: null })
    t.strictSame([...createCallerIdReader({ ownNumbers }).ownNumbers], [DANA])
    t.match(createCallerIdReader({ hashKey: 'a-hash-key-for-tests', ownNumbers }).fromHash(DANA_KEYED), { phoneHash: DANA_KEYED, legacyHash: null })
  })

  t.test('reads national numbers of the default country', async (t) => {
    t.strictSame(createCallerIdReader({ ownNumbers: [] }).identify('5550100123'), { kind: 'unreadable' })
    t.match(createCallerIdReader({ defaultCountry: 'US', ownNumbers: [] }).identify('5550100123'), { kind: 'phone', phoneHash: DANA })
  })

  t.test('says why there is no phone number', async (t) => {
    const reader = createCallerIdReader({ ownNumbers: [] })

    t.strictSame(['anonymous', 'sip:a@b', 'client:a', 'whatsapp:+15550100123', 'junk', ''].map((raw) => reader.identify(raw).kind),
      ['withheld', 'sip', 'client', 'whatsapp', 'unreadable', 'missing'])
  })

  t.test('masks the number that it has read, and no other', async (t) => {
    const dana = createCallerIdReader({ ownNumbers: [] }).identify('+15550100123')

    t.equal(dana.kind === 'phone' && dana.mask('sip-15550100123@10.0.0.1, 555-010-0199'), 'sip-[number]@10.0.0.1, 555-010-0199')
  })

  t.test('masks the number behind a keyed or legacy hash, and no other', async (t) => {
    const reader = createCallerIdReader({ hashKey: 'a-hash-key-for-tests', ownNumbers: [] })

    for (const hash of [DANA_KEYED, DANA]) {
      t.equal(reader.fromHash(hash).mask('Call 555-010-0123 or +1 555 010 0199.'), 'Call [number] or +1 555 010 0199.')
    }
    t.equal(createCallerIdReader({ ownNumbers: [] }).fromHash(DANA_KEYED).mask('Call 555-010-0123.'), 'Call 555-010-0123.', 'without the key nobody knows')
  })
})
