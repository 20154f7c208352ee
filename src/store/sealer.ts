/**
 * Sealing of stored documents: AES-256-GCM, in the flattened JSON form of JSON Web Encryption with a direct key, so that
 * any JOSE library can open what the bridge has written.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7516#section-7.2.2 the form
 * @see https://www.rfc-editor.org/rfc/rfc7518#section-4.5 `dir`, and §5.3 `A256GCM`
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { RecordSealed } from '../errors.ts'

/** A sealed document; every member is base64url. */
export interface Sealed {
  /** Header with algorithm and key id; authenticated. */
  protected: string
  /** What the document is, and whose; authenticated. */
  aad: string
  iv: string
  ciphertext: string
  tag: string
}

export interface Sealer {
  /** Names the key that seals now. */
  readonly keyId: string
  /** A sealed document as JSON, bound to `name`. */
  seal (plaintext: string, name: string): string
  /** @throws {RecordSealed} it was sealed with another key, for another name, or was changed since */
  open (sealed: Sealed, name: string): string
  /** Whether it is sealed with the key that seals now. */
  isCurrent (sealed: Sealed): boolean
}

/** Bytes of a key. */
export const KEY_BYTES = 32

/** @see https://www.rfc-editor.org/rfc/rfc7518#section-5.3 */
const IV_BYTES = 12
const TAG_BYTES = 16

/**
 * Seals with the first key, and opens with all of them.
 *
 * @param keys - base64, each {@link KEY_BYTES} bytes, at least one
 */
export function createSealer (keys: readonly [string, ...string[]]): Sealer {
  const known = keys.map((key) => aKey(Buffer.from(key, 'base64')))
  const current = known[0]!

  return {
    keyId: current.id,

    seal (plaintext, name) {
      const aad = encode(name)
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', current.secret, iv, { authTagLength: TAG_BYTES })
      cipher.setAAD(Buffer.from(`${current.header}.${aad}`, 'ascii'))
      const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]).toString('base64url')
      return `${JSON.stringify({ protected: current.header, aad, iv: iv.toString('base64url'), ciphertext, tag: cipher.getAuthTag().toString('base64url') })}\n`
    },

    open (sealed, name) {
      const key = known.find(({ header }) => header === sealed.protected)
      if (key === undefined) throw new RecordSealed(name, `sealed with key ${keyIdOf(sealed)}, which is not in DATA_ENCRYPTION_KEY`)
      if (sealed.aad !== encode(name)) throw new RecordSealed(name, 'sealed for another place')
      try {
        const decipher = createDecipheriv('aes-256-gcm', key.secret, Buffer.from(sealed.iv, 'base64url'), { authTagLength: TAG_BYTES })
        decipher.setAAD(Buffer.from(`${sealed.protected}.${sealed.aad}`, 'ascii'))
        decipher.setAuthTag(Buffer.from(sealed.tag, 'base64url'))
        return decipher.update(sealed.ciphertext, 'base64url', 'utf8') + decipher.final('utf8')
      } catch {
        // Whatever OpenSSL says of it (tag, length of tag or nonce), the document is not what was sealed.
        throw new RecordSealed(name, `changed since it was sealed with key ${key.id}`)
      }
    },

    isCurrent: (sealed) => sealed.protected === current.header
  }
}

/** Whether a parsed document is a sealed one. */
export function isSealed (value: unknown): value is Sealed {
  return typeof value === 'object' && value !== null &&
    ['protected', 'aad', 'iv', 'ciphertext', 'tag'].every((member) => typeof (value as Record<string, unknown>)[member] === 'string')
}

/** The id of the key that a document names, or `unknown`. */
function keyIdOf (sealed: Sealed): string {
  return /"kid":"([0-9a-f]+)"/.exec(Buffer.from(sealed.protected, 'base64url').toString('utf8'))?.[1] ?? 'unknown'
}

/** A key's id is a hash of it: it tells keys apart and says nothing about them. */
function aKey (secret: Buffer): { id: string, secret: Buffer, header: string } {
  const id = createHash('sha256').update('memory-bridge key id\0').update(secret).digest('hex').slice(0, 16)
  return { id, secret, header: encode(JSON.stringify({ alg: 'dir', enc: 'A256GCM', kid: id })) }
}

function encode (text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url')
}
