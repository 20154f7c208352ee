import fc from 'fast-check'
import t from 'tap'
import { callingCode, createCallerIdReader, readCallerId } from '../../../src/phone/caller-id.ts'
import { runs } from '../../long.ts'

/** Keypad spellings of words for a withheld number. */
const SENTINELS = [
  '266696687', '7378742833', '7378742883', '2562533', '8656696', '8566696', '86282452253', '7748283', '94844353', '464'
]

const WORDS = [
  'anonymous', 'Anonymous', 'ANONYMOUS', 'RESTRICTED', 'unknown', 'unavailable', 'private', 'blocked', 'withheld',
  'No Caller ID', 'nocallerid', 'Private Number', 'null', 'undefined', '  anonymous\n'
]

t.test('readCallerId', async (t) => {
  t.test('recognises a withheld number, bare, after a plus and after +1', async (t) => {
    for (const sentinel of SENTINELS) {
      for (const text of [sentinel, `+${sentinel}`, `+1${sentinel}`, `1${sentinel}`, `+1 ${sentinel.slice(0, 3)}-${sentinel.slice(3)}`]) {
        t.strictSame(readCallerId(text), { kind: 'withheld' }, text)
        t.strictSame(readCallerId(text, 'US'), { kind: 'withheld' }, `${text}, in the US`)
      }
    }
  })

  t.test('recognises a withheld number after the default country\'s code', async (t) => {
    for (const country of ['DE', 'GB', 'IN', 'ZA', 'RU', 'CN']) {
      for (const sentinel of SENTINELS) {
        t.strictSame(readCallerId(`+${callingCode(country)}${sentinel}`, country), { kind: 'withheld' }, `${sentinel} behind ${country}`)
      }
    }
  })

  t.test('recognises a withheld number after a dialling prefix', async (t) => {
    for (const [text, country] of [
      ['011 86282452253', 'US'], ['0086282452253', 'DE'], ['0266696687', 'ZA'], ['0266696687', 'DE'], ['001 7378742833', 'DE']
    ] as const) {
      t.strictSame(readCallerId(text, country), { kind: 'withheld' }, `${text} in ${country}`)
    }
  })

  t.test('does not take a number that contains a sentinel for a withheld one', async (t) => {
    t.match(readCallerId('+4930266696687'), { kind: 'phone', e164: '+4930266696687' })
    t.match(readCallerId('+442662566966'), { kind: 'phone' })
  })

  t.test('recognises the words for a withheld number', async (t) => {
    for (const word of WORDS) t.strictSame(readCallerId(word, 'US'), { kind: 'withheld' }, JSON.stringify(word))
  })

  t.test('says what kind of address is not a phone number', async (t) => {
    for (const [text, kind] of [
      ['client:alice', 'client'], ['CLIENT:+15550100123', 'client'],
      ['sip:user@host', 'sip'], ['sip:+15551230001@10.0.0.1', 'sip'], ['SIPS:+15550100123@host', 'sip'],
      ['whatsapp:+4915112345678', 'whatsapp'],
      ['US.1349000000000001', 'unreadable'], ['13490000000000012345', 'unreadable'],
      ['front desk', 'unreadable'], ['+15550100123@10.0.0.1', 'unreadable'], ['+15550100123;ext=5', 'unreadable'], ['tel:+15550100123', 'unreadable'],
      ['+', 'unreadable'], ['-', 'unreadable'], ['+0', 'unreadable'], ['+1555', 'unreadable'], ['+999123456789', 'unreadable'], ['+123456789012345678', 'unreadable'],
      ['+1555123000110001', 'unreadable'], ['+01511234567', 'unreadable'], ['+15550100123 +15550100124', 'unreadable']
    ] as const) {
      t.strictSame(readCallerId(text), { kind }, text)
      t.strictSame(readCallerId(text, 'DE'), { kind }, `${text}, in Germany`)
    }
  })

  t.test('says missing for no id at all', async (t) => {
    for (const text of ['', '  ', '\n', null, undefined]) t.strictSame(readCallerId(text, 'US'), { kind: 'missing' }, JSON.stringify(text))
  })

  t.test('reads an international number in any spelling', async (t) => {
    for (const text of ['+15550100123', ' +1 555 010 0123 ', '+1 (555) 010-0123', '+1.555.010.0123', '+1-555-010/0123', '+1\u00a0555\u00a0010\u00a00123']) {
      t.strictSame(readCallerId(text), { kind: 'phone', e164: '+15550100123' }, JSON.stringify(text))
    }
    t.strictSame(readCallerId('+49 (0) 151 1234567'), { kind: 'phone', e164: '+491511234567' })
  })

  t.test('accepts 555 numbers, although no table says that they are valid', async (t) => {
    for (const e164 of ['+15555550100', '+12125550123', '+15550100123']) t.strictSame(readCallerId(e164), { kind: 'phone', e164 }, e164)
  })

  t.test('reads a national number only when the default country is known', async (t) => {
    for (const [text, country, e164] of [
      ['0151 1234567', 'DE', '+491511234567'], ['00491511234567', 'DE', '+491511234567'], ['00491511234567', 'GB', '+491511234567'],
      ['09876543210', 'IN', '+919876543210'], ['5550100123', 'US', '+15550100123'], ['(555) 010-0123', 'US', '+15550100123'],
      ['15550100123', 'US', '+15550100123'], ['011 49 151 1234567', 'US', '+491511234567']
    ] as const) {
      t.strictSame(readCallerId(text), { kind: 'unreadable' }, `${text} of nowhere`)
      t.strictSame(readCallerId(text, country), { kind: 'phone', e164 }, `${text} in ${country}`)
    }
  })

  t.test('never throws, and a phone number is E.164 and not a sentinel', async () => {
    const dialled = fc.string({ unit: fc.constantFrom(...'+0123456789 ()-./'), maxLength: 24 })
    const sentinel = fc.tuple(fc.constantFrom('', '+', '+1', '+49', '00', '011', '0', '1', '001', '+7'), fc.constantFrom(...SENTINELS)).map((parts) => parts.join(''))
    const number = fc.tuple(fc.constantFrom('+1', '+49', '+44', '+290', '+800', ''), fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 16 })).map((parts) => parts.join(''))
    const country = fc.constantFrom(undefined, 'US', 'DE', 'ZA', 'IT', 'RU', 'GB', 'AR')
    fc.assert(fc.property(fc.oneof(fc.string(), dialled, sentinel, number), country, (text, defaultCountry) => {
      const id = readCallerId(text, defaultCountry)
      if (id.kind !== 'phone') return
      const prefixes = ['', '1', defaultCountry === undefined ? '' : callingCode(defaultCountry)]
      return /^\+[1-9]\d{1,14}$/.test(id.e164) &&
        !prefixes.some((prefix) => SENTINELS.some((digits) => id.e164 === `+${prefix}${digits}`))
    }), { numRuns: runs(3000) })
  })

  t.test('gives the same number for its own result', async () => {
    const number = fc.tuple(fc.constantFrom('+12', '+491', '+447', '+393', '+919'), fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 6, maxLength: 12 })).map((parts) => parts.join(''))
    fc.assert(fc.property(number, (text) => {
      const id = readCallerId(text)
      if (id.kind !== 'phone') return
      const again = readCallerId(id.e164)
      return again.kind === 'phone' && again.e164 === id.e164
    }), { numRuns: runs(1000) })
  })
})

const DANA = '71e19f521d9da9cc0015cba3830ccef960c34abdf3dc865e52fc58b1c9cfcd0c'
const DANA_KEYED = '63bef5703e0d254e4eb9c025c4df87ecc1cb73be85178b1f8fd6bbf58fb19c36'

t.test('a caller id reader', async (t) => {
  t.test('identifies a caller by the hash of the number', async (t) => {
    const reader = createCallerIdReader({ OWN_NUMBERS: [] })

    t.match(reader.identify('+1 (555) 010-0123'), { kind: 'phone', phoneHash: DANA })
  })

  t.test('keys the hash when there is a key', async (t) => {
    const reader = createCallerIdReader({ PHONE_HASH_KEY: 'a-hash-key-for-tests', OWN_NUMBERS: ['+15550100123'] })

    t.match(reader.identify('+15550100123'), { kind: 'phone', phoneHash: DANA_KEYED, legacyHash: DANA })
    t.strictSame([...reader.ownNumbers], [DANA_KEYED, DANA])
  })

  t.test('has no legacy hash without a key or without a number', async (t) => {
    const ownNumbers = ['+15550100123']

    t.match(createCallerIdReader({ OWN_NUMBERS: ownNumbers }).identify('+15550100123'), { phoneHash: DANA, legacyHash: null })
    t.strictSame([...createCallerIdReader({ OWN_NUMBERS: ownNumbers }).ownNumbers], [DANA])
    t.match(createCallerIdReader({ PHONE_HASH_KEY: 'a-hash-key-for-tests', OWN_NUMBERS: ownNumbers }).fromHash(DANA_KEYED), { phoneHash: DANA_KEYED, legacyHash: null })
  })

  t.test('reads national numbers of the default country', async (t) => {
    t.strictSame(createCallerIdReader({ OWN_NUMBERS: [] }).identify('5550100123'), { kind: 'unreadable' })
    t.match(createCallerIdReader({ DEFAULT_COUNTRY: 'US', OWN_NUMBERS: [] }).identify('5550100123'), { kind: 'phone', phoneHash: DANA })
  })

  t.test('says why there is no phone number', async (t) => {
    const reader = createCallerIdReader({ OWN_NUMBERS: [] })

    t.strictSame(['anonymous', 'sip:a@b', 'client:a', 'whatsapp:+15550100123', 'junk', ''].map((raw) => reader.identify(raw).kind),
      ['withheld', 'sip', 'client', 'whatsapp', 'unreadable', 'missing'])
  })

  t.test('masks the number that it has read, and no other', async (t) => {
    const dana = createCallerIdReader({ OWN_NUMBERS: [] }).identify('+15550100123')

    t.equal(dana.kind === 'phone' && dana.mask('sip-15550100123@10.0.0.1, 555-010-0199'), 'sip-[number]@10.0.0.1, 555-010-0199')
  })

  t.test('masks the number behind a keyed or legacy hash, and no other', async (t) => {
    const reader = createCallerIdReader({ PHONE_HASH_KEY: 'a-hash-key-for-tests', OWN_NUMBERS: [] })

    for (const hash of [DANA_KEYED, DANA]) {
      t.equal(reader.fromHash(hash).mask('Call 555-010-0123 or +1 555 010 0199.'), 'Call [number] or +1 555 010 0199.')
    }
    t.equal(createCallerIdReader({ OWN_NUMBERS: [] }).fromHash(DANA_KEYED).mask('Call 555-010-0123.'), 'Call 555-010-0123.', 'without the key nobody knows')
  })
})
