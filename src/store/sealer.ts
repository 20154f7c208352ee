/**
 * Sealing of stored documents: AES-256-GCM, in the flattened JSON form of JSON Web Encryption with a direct key, so that
 * any JOSE library can open what the bridge has written.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7516#section-7.2.2 the form
 * @see https://www.rfc-editor.org/rfc/rfc7518#section-4.5 `dir`, and §5.3 `A256GCM`
 */
import { createCipheriv, createDecipheriv, createHash, createSecretKey, randomBytes, type KeyObject } from 'node:crypto'
import { RecordSealed } from '../errors.ts'
import { documentLabel } from './document-label.ts'

/** A sealed document as it was found: base64url texts, unless somebody changed it. */
export interface Sealed {
  /** Header with algorithm and key id; authenticated. */
  protected?: unknown
  /** What the document is, and whose; authenticated. */
  aad?: unknown
  iv?: unknown
  ciphertext?: unknown
  tag?: unknown
}

export interface Sealer {
  /** Names of the keys. The first one seals. */
  readonly keyIds: readonly [string, ...string[]]
  /** A sealed document as JSON, bound to `name`. */
  seal (plaintext: string, name: string): string
  /** @throws {RecordSealed} it was sealed with another key, for another name, or was changed since */
  open (sealed: Sealed, name: string): string
  /** Whether it is sealed with the key that seals now. */
  isCurrent (sealed: Sealed): boolean
}

/** @see https://www.rfc-editor.org/rfc/rfc7518#section-5.3 */
const IV_BYTES = 12
const TAG_BYTES = 16

/**
 * Seals with the first key, and opens with all of them. The nonce is random, which is good for 2^32 documents sealed
 * with one key.
 *
 * @param keys - as in DATA_ENCRYPTION_KEY: 32 bytes each, in base64
 * @see https://doi.org/10.6028/NIST.SP.800-38D §8.3 for the bound
 */
export function createSealer (keys: readonly [string, ...string[]]): Sealer {
  const current = knownKey(keys[0])
  const older = keys.slice(1).map(knownKey)
  const known = [current, ...older]

  return {
    keyIds: [current.id, ...older.map(({ id }) => id)],

    seal (plaintext, name) {
      const aad = encode(name)
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', current.secret, iv, { authTagLength: TAG_BYTES })
      cipher.setAAD(Buffer.from(`${current.header}.${aad}`, 'ascii'))
      const ciphertext = cipher.update(plaintext, 'utf8', 'base64url') + cipher.final('base64url')
      const tag = cipher.getAuthTag().toString('base64url')
      // Nothing here needs escaping, and JSON.stringify would take longer to see that than the cipher takes.
      return `{"protected":"${current.header}","aad":"${aad}","iv":"${iv.toString('base64url')}","ciphertext":"${ciphertext}","tag":"${tag}"}\n`
    },

    open (sealed, name) {
      // The header counts as a whole: whoever writes to the disk chooses no algorithm by it.
      const key = known.find(({ header }) => header === sealed.protected)
      if (key === undefined) throw cannotOpen(name, `sealed with key ${keyIdOf(sealed)}, which is not in DATA_ENCRYPTION_KEY`)
      if (sealed.aad !== encode(name)) throw cannotOpen(name, 'sealed for another place')

      const changed = `changed since it was sealed with key ${key.id}`
      const [iv, ciphertext, tag] = [sealed.iv, sealed.ciphertext, sealed.tag].map(decode)
      if (iv?.length !== IV_BYTES || ciphertext == null || tag?.length !== TAG_BYTES) throw cannotOpen(name, changed)
      const decipher = createDecipheriv('aes-256-gcm', key.secret, iv, { authTagLength: TAG_BYTES })
      decipher.setAAD(Buffer.from(`${key.header}.${sealed.aad}`, 'ascii')).setAuthTag(tag)
      const plaintext = decipher.update(ciphertext, undefined, 'utf8')
      try {
        return plaintext + decipher.final('utf8')
      } catch {
        // All that the end of GCM can say is that the tag does not fit.
        throw cannotOpen(name, changed)
      }
    },

    isCurrent: (sealed) => sealed.protected === current.header
  }
}

/** A sealer with these keys, or null when there are none: then everything is plain. */
export function sealerFor ([first, ...others]: readonly string[]): Sealer | null {
  return first === undefined ? null : createSealer([first, ...others])
}

/** Whether a parsed document is, or was before somebody changed it, a sealed one. */
export function isSealed (value: unknown): value is Sealed {
  return typeof value === 'object' && value !== null && ('protected' in value || 'ciphertext' in value)
}

/** The id of the key that a document names, or `unknown`. */
export function keyIdOf (sealed: Sealed): string {
  const header = Buffer.from(String(sealed.protected), 'base64url').toString('utf8')
  return /"kid":"([0-9a-f]{16})"/.exec(header)?.[1] ?? 'unknown'
}

/** The error for the document `name`, which cannot be opened, and why. */
export function cannotOpen (name: string, why: string): Error {
  return new RecordSealed(documentLabel(name), why)
}

/** A key's id is a hash of it: it tells keys apart and says nothing about them. */
function knownKey (text: string): { id: string, secret: KeyObject, header: string } {
  const secret = Buffer.from(text, 'base64')
  const id = createHash('sha256').update('memory-bridge key id\0').update(secret).digest('hex').slice(0, 16)
  return { id, secret: createSecretKey(secret), header: encode(JSON.stringify({ alg: 'dir', enc: 'A256GCM', kid: id })) }
}

function encode (text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url')
}

/** The bytes of a text that is their one base64url form; Node alone would overlook what does not belong there. */
function decode (text: unknown): Buffer | null {
  if (typeof text !== 'string') return null
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : null
}
