import t from 'tap'
import { hashPhone, hashPrefix } from '../../../src/phone/phone-hash.ts'

t.test('hashPhone', async (t) => {
  // Computed with Python's hashlib and hmac.
  t.test('is SHA-256 of the number without a key', async (t) => {
    t.equal(hashPhone('+15550100123'), '71e19f521d9da9cc0015cba3830ccef960c34abdf3dc865e52fc58b1c9cfcd0c')
  })

  t.test('is HMAC-SHA-256 of the number with one', async (t) => {
    t.equal(hashPhone('+15550100123', 'a-hash-key-for-tests'), '63bef5703e0d254e4eb9c025c4df87ecc1cb73be85178b1f8fd6bbf58fb19c36')
  })
})

t.test('hashPrefix keeps 8 digits for the log', async (t) => {
  t.equal(hashPrefix('71e19f521d9da9cc0015cba3830ccef960c34abdf3dc865e52fc58b1c9cfcd0c'), '71e19f52')
})
