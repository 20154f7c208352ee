import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { checkSignature, isFresh, parseSignature } from '../../../src/webhook/signature.ts'
import { runs } from '../../long.ts'

/** Computed with `openssl dgst -sha256 -hmac <secret>` over `<t>.<body>`, and again with Python's hmac. */
const ASCII = {
  secret: 'wsec_rotation_test_one',
  body: '{"type":"post_call_transcription","data":{}}',
  header: 't=1792315264,v0=f3bbd5c96abd9fe3dc1986d45574dd86753c2da8082f73a5deb1bb8150169cfb'
}
const BEYOND_ASCII = {
  secret: 'wsec_zweite-gültige',
  body: '{"summary":"Grüße aus Köln 📞"}',
  header: 't=1792315264,v0=29cea025e98770af064edb831e2574aceae5564a7918267e5d32ec0823de00d9'
}
const SIGNED_AT = 1792315264
const GOOD = ASCII.header.slice('t=1792315264,v0='.length)
const OTHER = 'a'.repeat(64)

function accepts (header: string, { body = ASCII.body, secrets = [ASCII.secret] as string[] } = {}): boolean {
  const signature = parseSignature(header)
  if (signature === null) return false
  const check = checkSignature(signature, secrets)
  check.update(Buffer.from(body))
  return check.matches()
}

/** Signed by somebody who has the secret, whatever the timestamp is. */
function signed (timestamp: string): string {
  return `t=${timestamp},v0=${createHmac('sha256', ASCII.secret).update(`${timestamp}.${ASCII.body}`).digest('hex')}`
}

t.test('a signature', async (t) => {
  t.test('matches the bytes that it was made over, ASCII or not', async (t) => {
    t.ok(accepts(ASCII.header))
    t.ok(accepts(BEYOND_ASCII.header, { body: BEYOND_ASCII.body, secrets: [BEYOND_ASCII.secret] }))
  })

  t.test('matches when the body comes in pieces, also cut within a character', async (t) => {
    const bytes = Buffer.from(BEYOND_ASCII.body)
    const check = checkSignature(parseSignature(BEYOND_ASCII.header)!, [BEYOND_ASCII.secret])
    for (const byte of bytes) check.update(Buffer.from([byte]))

    t.ok(check.matches())
  })

  t.test('does not match a body changed by one byte', async (t) => {
    const bytes = Buffer.from(ASCII.body)
    for (const at of [0, 17, bytes.length - 1]) {
      const changed = Buffer.from(bytes)
      changed[at]! ^= 1
      t.notOk(accepts(ASCII.header, { body: changed.toString() }), `byte ${at}`)
    }
    t.notOk(accepts(ASCII.header, { body: `${ASCII.body}\n` }), 'a byte more')
    t.notOk(accepts(ASCII.header, { body: '' }), 'no byte')
    t.notOk(accepts(ASCII.header, { body: JSON.stringify(JSON.parse(ASCII.body), null, 1) }), 'written again')
  })

  t.test('does not match under another timestamp', async (t) => {
    t.notOk(accepts(ASCII.header.replace('1792315264', '1792315265')))
    t.notOk(accepts(ASCII.header.replace('1792315264', '01792315264')))
  })

  t.test('matches under any of the secrets, for rotation', async (t) => {
    t.ok(accepts(ASCII.header, { secrets: ['new', ASCII.secret] }))
    t.ok(accepts(ASCII.header, { secrets: [ASCII.secret, 'new'] }))
    t.notOk(accepts(ASCII.header, { secrets: ['new'] }))
    t.notOk(accepts(ASCII.header, { secrets: [`${ASCII.secret} `] }))
    t.notOk(accepts(ASCII.header, { secrets: [] }))
  })

  t.test('matches by any of several v0', async (t) => {
    t.ok(accepts(`t=1792315264,v0=${OTHER},v0=${GOOD}`))
    t.ok(accepts(`t=1792315264,v0=${GOOD},v0=${OTHER}`))
    t.ok(accepts(`t=1792315264,v0=nothing,v0=${GOOD}`))
    t.notOk(accepts(`t=1792315264,v0=${OTHER},v0=${'b'.repeat(64)}`))
  })
})

t.test('parseSignature', async (t) => {
  for (const [what, header] of [
    ['blanks around commas', `t=1792315264, v0=${GOOD}`],
    ['parts in another order', `v0=${GOOD},t=1792315264`],
    ['an unknown scheme beside v0', `t=1792315264,v1=${OTHER},v0=${GOOD}`]
  ] as const) {
    t.test(`takes ${what}`, async (t) => t.ok(accepts(header)))
  }

  for (const [what, header] of [
    ['nothing', ''],
    ['no timestamp', `v0=${GOOD}`],
    ['no digest', 't=1792315264'],
    ['an empty digest', 't=1792315264,v0='],
    ['only an unknown scheme', `t=1792315264,v1=${GOOD}`],
    ['two timestamps', `t=1792315264,t=1792315264,v0=${GOOD}`],
    ['an empty timestamp', `t=,v0=${GOOD}`],
    ['a digest too short', `t=1792315264,v0=${GOOD.slice(1)}`],
    ['a digest too long', `t=1792315264,v0=${GOOD}0`],
    ['a digest with other letters', `t=1792315264,v0=${'g'.repeat(64)}`],
    ['upper-case hex', `t=1792315264,v0=${GOOD.toUpperCase()}`],
    ['other separators', `t=1792315264;v0=${GOOD}`],
    ['names in upper case', `T=1792315264,V0=${GOOD}`]
  ] as const) {
    t.test(`refuses ${what}`, async (t) => t.equal(parseSignature(header), null))
  }

  // The vendor's helper accepts these when they are properly signed: its comparison with NaN is false.
  for (const timestamp of ['now', 'NaN', '1792315264.5', '1.792315264e9', '0x6ad4a600', '-1792315264', '+1792315264', ' 1792315264', 'Infinity', '1'.repeat(13)]) {
    t.test(`refuses the properly signed timestamp ${timestamp}`, async (t) => t.equal(parseSignature(signed(timestamp)), null))
  }

  t.test('never throws on any text', async () => {
    fc.assert(fc.property(fc.string(), fc.string({ unit: fc.constantFrom(...'t=v0,19 af'), maxLength: 90 }), (any, alike) => {
      parseSignature(any)
      parseSignature(alike)
    }))
  })

  t.test('accepts exactly one integer t with at least one v0 of 64 lower-case hex digits', async () => {
    const hex = (length: number) => fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length })
    const part = fc.oneof(
      fc.nat().map((seconds) => ({ text: `t=${seconds}`, t: 1, good: true, digests: 0 })),
      fc.constantFrom('t=', 't=1.5', 't=-1', 't=x', 't=1e3').map((text) => ({ text, t: 1, good: false, digests: 0 })),
      hex(64).map((digest) => ({ text: `v0=${digest}`, t: 0, good: true, digests: 1 })),
      fc.oneof(hex(63), hex(65), fc.constantFrom('', 'A'.repeat(64), `${'a'.repeat(63)}g`)).map((digest) => ({ text: `v0=${digest}`, t: 0, good: true, digests: 0 })),
      fc.constantFrom('', 'v1=abc', 'x', '=').map((text) => ({ text, t: 0, good: true, digests: 0 }))
    )
    fc.assert(fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
      const timestamps = parts.filter((each) => each.t === 1)
      const digests = parts.reduce((sum, each) => sum + each.digests, 0)
      const expected = timestamps.length === 1 && timestamps[0]!.good && digests > 0
      const parsed = parseSignature(parts.map((each) => each.text).join(','))
      return expected ? parsed?.digests.length === digests && `t=${parsed.timestamp}` === timestamps[0]!.text : parsed === null
    }), { numRuns: runs(2000) })
  })
})

t.test('isFresh', async (t) => {
  const signature = parseSignature(ASCII.header)!

  for (const [seconds, expected] of [
    [0, true], [29 * 60, true], [1799, true], [1800, true], [1801, false], [31 * 60, false], [36_000, false],
    [-1799, true], [-1800, true], [-1801, false], [-36_000, false]
  ] as const) {
    const when = seconds < 0 ? `${-seconds} s in the future` : `${seconds} s old`
    t.test(`${expected ? 'accepts' : 'refuses'} a signature ${when}`, async (t) => {
      t.equal(isFresh(signature, SIGNED_AT + seconds), expected)
    })
  }
})
