import assert from 'node:assert/strict'
import { createCipheriv, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { flattenedDecrypt, FlattenedEncrypt, type FlattenedJWE } from 'jose'
import t from 'tap'
import { createSealer, isSealed, keyIdOf, sealerFor, type Sealed } from '../../../src/store/sealer.ts'
import { anyCharacter } from '../../characters.ts'
import { callerHash } from '../../stored.ts'

const bytes = randomBytes(32)
const key = bytes.toString('base64')
const otherKey = randomBytes(32).toString('base64')
const sealer = createSealer([key])

const name = `callers/${callerHash(1)}`
const text = JSON.stringify({ fact: 'Grüße, 家, 🙂' })
const sealed = (plaintext = text): Required<Sealed> => JSON.parse(sealer.seal(plaintext, name))

t.test('a sealed text opens again', async (t) => {
  t.equal(sealer.open(sealed(), name), text)
  t.equal(sealer.open(sealed(''), name), '')
})

t.test('any text, and any JSON, comes back as it was', async () => {
  fc.assert(fc.property(fc.string({ unit: anyCharacter }), (plaintext) =>
    sealer.open(sealed(plaintext), name) === plaintext))
  fc.assert(fc.property(fc.jsonValue({ stringUnit: anyCharacter }), (value) => {
    const plaintext = JSON.stringify(value)
    return sealer.open(sealed(plaintext), name) === plaintext
  }))
})

t.test('a text of a megabyte comes back, too', async (t) => {
  const long = '🙂家a'.repeat(120_000)

  t.ok(sealer.open(sealed(long), name) === long)
})

t.test('nothing of the text can be read, and no two sealed texts are alike', async (t) => {
  const [one, two] = [sealed(), sealed()]

  t.notMatch(Buffer.from(String(one.ciphertext), 'base64url').toString('latin1'), /fact/)
  t.not(one.iv, two.iv)
  t.not(one.ciphertext, two.ciphertext)
})

t.test('a JOSE library opens it', async (t) => {
  const {
    plaintext,
    protectedHeader,
    additionalAuthenticatedData
  } = await flattenedDecrypt(sealed() as FlattenedJWE, bytes)

  t.equal(Buffer.from(plaintext).toString(), text)
  t.strictSame(protectedHeader, { alg: 'dir', enc: 'A256GCM', kid: sealer.keyIds[0] })
  t.equal(Buffer.from(additionalAuthenticatedData ?? []).toString(), name)
})

t.test('a document sealed by a JOSE library opens here', async (t) => {
  const made = await new FlattenedEncrypt(Buffer.from(text))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: sealer.keyIds[0] })
    .setAdditionalAuthenticatedData(Buffer.from(name))
    .encrypt(bytes)

  t.equal(sealer.open(made, name), text)
})

t.test('the id of a key is a hash that a shell can compute', async (t) => {
  // (printf 'memory-bridge key id\0'; head -c 32 /dev/zero) | sha256sum
  t.strictSame(createSealer(['A'.repeat(43) + '=']).keyIds, ['f72abac11ab40a7a'])
  t.strictSame(createSealer([bytes.toString('base64url')]).keyIds, sealer.keyIds, 'however it is written')
})

t.test('the first key seals, and all open', async (t) => {
  const rotated = createSealer([otherKey, key])
  const old = sealed()
  const fresh: Sealed = JSON.parse(rotated.seal(text, name))

  t.strictSame([rotated.open(old, name), rotated.open(fresh, name)], [text, text])
  t.strictSame([rotated.isCurrent(old), rotated.isCurrent(fresh), sealer.isCurrent(old)], [false, true, true])
  t.strictSame(rotated.keyIds, [keyIdOf(fresh), keyIdOf(old)])
  t.throws(() => sealer.open(fresh, name), {
    code: 'BRIDGE_RECORD_SEALED', statusCode: 503, message: new RegExp(`sealed with key ${rotated.keyIds[0]}, which is not in DATA_ENCRYPTION_KEY`)
  })
})

t.test('a key may be listed twice', async (t) => {
  t.equal(createSealer([key, key]).open(sealed(), name), text)
})

t.test('without keys there is no sealer', async (t) => {
  t.equal(sealerFor([]), null)
  t.strictSame(sealerFor([key, otherKey])?.keyIds, createSealer([key, otherKey]).keyIds)
})

t.test('a document sealed under another name does not open', async (t) => {
  for (const other of [`callers/${callerHash(2)}`, `erasures/${callerHash(1)}`, 'notes', '']) {
    t.throws(() => sealer.open(sealed(), other), { code: 'BRIDGE_RECORD_SEALED', message: /sealed under another name/ }, other)
  }
  const renamed = { ...sealed(), aad: Buffer.from('notes').toString('base64url') }
  t.throws(() => sealer.open(renamed, 'notes'), { code: 'BRIDGE_RECORD_SEALED', message: /changed since/ }, 'even with its name changed')
})

t.test('a change of any character of any member is detected', async () => {
  const good = sealed()
  for (const [member, value] of Object.entries(good) as Array<[keyof Sealed, string]>) {
    for (let at = 0; at < value.length; at++) {
      for (const digit of ['A', 'B', '_', '=', '+', ' ']) {
        const changed = { ...good, [member]: value.slice(0, at) + digit + value.slice(at + 1) }
        if (changed[member] === value) continue
        assert.throws(() => sealer.open(changed, name), { code: 'BRIDGE_RECORD_SEALED' }, `${member} ${at} ${digit}`)
      }
    }
  }
})

t.test('a member that is missing, cut, longer or of another type is detected', async (t) => {
  const good = sealed()
  for (const member of Object.keys(good) as Array<keyof Sealed>) {
    const value = String(good[member])
    for (const other of [undefined, null, 1, {}, [], '', value.slice(0, -4), value.slice(4), `${value}AAAA`, `${value}=`, `${value} `]) {
      t.throws(() => sealer.open({ ...good, [member]: other }, name), { code: 'BRIDGE_RECORD_SEALED' }, `${member} ${JSON.stringify(other)}`)
    }
  }
})

t.test('a short tag is not accepted, even one that is right as far as it goes', async (t) => {
  const good = sealed()
  const tag = Buffer.from(String(good.tag), 'base64url')
  for (const length of [4, 8, 12, 15]) {
    t.throws(() => sealer.open({ ...good, tag: tag.subarray(0, length).toString('base64url') }, name), { code: 'BRIDGE_RECORD_SEALED' }, `${length} bytes`)
  }
})

t.test('a header that asks for something else is not followed', async (t) => {
  for (const header of [
    { alg: 'none', kid: sealer.keyIds[0] },
    { alg: 'dir', enc: 'A128GCM', kid: sealer.keyIds[0] },
    { alg: 'dir', enc: 'A256GCM', kid: sealer.keyIds[0], zip: 'DEF' },
    { alg: 'dir', enc: 'A256GCM' }
  ]) {
    const made = forge(header)
    t.throws(() => sealer.open(made, name), { code: 'BRIDGE_RECORD_SEALED' }, JSON.stringify(header))
  }
  t.equal(sealer.open(forge({ alg: 'dir', enc: 'A256GCM', kid: sealer.keyIds[0] }), name), 'forged', 'the forgery is good but for its header')
})

t.test('errors carry eight digits of a phone hash, and nothing of what is sealed', async (t) => {
  t.throws(() => createSealer([otherKey]).open(sealed(), name), { message: new RegExp(`document callers/${callerHash(1).slice(0, 8)} cannot be opened`) })
  const strange = { ...sealed(), protected: Buffer.from('{"kid":"a private text"}').toString('base64url') }
  t.throws(() => sealer.open(strange, name), { message: /sealed with key unknown/ })
})

t.test('a sealed document is recognised, also when it has lost a member', async (t) => {
  t.ok(isSealed(sealed()))
  const { protected: header, ...headless } = sealed()
  t.ok(isSealed(headless))
  t.ok(isSealed({ protected: header }))
  for (const value of [null, undefined, 1, 'protected', [], {}, { phone_hash: 'x', remember: false }]) t.notOk(isSealed(value), JSON.stringify(value))
})

/** A sealed text with this header, made with the right key. */
function forge (header: object): Sealed {
  const [protectedHeader, aad] = [JSON.stringify(header), name].map((each) => Buffer.from(each).toString('base64url'))
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', bytes, iv).setAAD(Buffer.from(`${protectedHeader}.${aad}`))
  const ciphertext = Buffer.concat([cipher.update('forged'), cipher.final()])
  return { protected: protectedHeader, aad, iv: iv.toString('base64url'), ciphertext: ciphertext.toString('base64url'), tag: cipher.getAuthTag().toString('base64url') }
}
