/**
 * Seals stored documents in a form that any JOSE library can open: JSON Web Encryption with a direct key.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7516#section-7.2.2 flattened JSON
 * @see https://www.rfc-editor.org/rfc/rfc7518#section-4.5 `dir`, and §5.3 `A256GCM`
 */
import { createCipheriv, createDecipheriv, createHash, createSecretKey, randomBytes, type KeyObject } from 'node:crypto'
import { RecordSealed } from '../errors.ts'
import { documentLabel } from './document-label.ts'

/** Strings in base64url, unless somebody changed the document. */
export interface Sealed {
  /** Header with algorithm and key id; authenticated. */
  protected?: unknown
  /** The document's name; authenticated. */
  aad?: unknown
  iv?: unknown
  ciphertext?: unknown
  tag?: unknown
}

export interface Sealer {
  /** The first one seals. */
  readonly keyIds: readonly [string, ...string[]]
  /** Returns JSON that is bound to `name`. */
  seal (plaintext: string, name: string): string
  /** @throws {RecordSealed} sealed with an unknown key or under another name, or changed since */
  open (sealed: Sealed, name: string): string
  isCurrent (sealed: Sealed): boolean
}

/** @see https://www.rfc-editor.org/rfc/rfc7518#section-5.3 */
const IV_BYTES = 12
const TAG_BYTES = 16

/**
 * Seals with the first key, opens with all of them. Nonces are random, which is safe for 2^32 documents per key.
 *
 * @param keys - as in DATA_ENCRYPTION_KEY: 32 bytes each, in base64
 * @see https://doi.org/10.6028/NIST.SP.800-38D §8.3 for that limit
 */
export function createSealer (keys: readonly [string, ...string[]]): Sealer {
  const current = parseKey(keys[0])
  const older = keys.slice(1).map(parseKey)
  const all = [current, ...older]

  return {
    keyIds: [current.id, ...older.map(({ id }) => id)],

    seal (plaintext, name) {
      const aad = encode(name)
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', current.secret, iv, { authTagLength: TAG_BYTES })
      cipher.setAAD(Buffer.from(`${current.header}.${aad}`, 'ascii'))
      const ciphertext = cipher.update(plaintext, 'utf8', 'base64url') + cipher.final('base64url')
      const tag = cipher.getAuthTag().toString('base64url')
      // Nothing needs escaping, and JSON.stringify would take longer than the cipher.
      return `{"protected":"${current.header}","aad":"${aad}","iv":"${iv.toString('base64url')}",` +
        `"ciphertext":"${ciphertext}","tag":"${tag}"}\n`
    },

    open (sealed, name) {
      // The whole header must match, so that nobody can choose the algorithm by changing a stored document.
      const key = all.find(({ header }) => header === sealed.protected)
      if (key === undefined) {
        throw cannotOpen(name, `sealed with key ${keyIdOf(sealed)}, which is not in DATA_ENCRYPTION_KEY`)
      }
      if (sealed.aad !== encode(name)) throw cannotOpen(name, 'sealed under another name')

      const changed = `changed since it was sealed with key ${key.id}`
      const [iv, ciphertext, tag] = [sealed.iv, sealed.ciphertext, sealed.tag].map(decode)
      if (iv?.length !== IV_BYTES || ciphertext == null || tag?.length !== TAG_BYTES) throw cannotOpen(name, changed)
      const decipher = createDecipheriv('aes-256-gcm', key.secret, iv, { authTagLength: TAG_BYTES })
      decipher.setAAD(Buffer.from(`${key.header}.${sealed.aad}`, 'ascii')).setAuthTag(tag)
      const plaintext = decipher.update(ciphertext, undefined, 'utf8')
      try {
        return plaintext + decipher.final('utf8')
      } catch {
        // `final` throws only when the tag does not match.
        throw cannotOpen(name, changed)
      }
    },

    isCurrent: (sealed) => sealed.protected === current.header
  }
}

/** Null without keys: then everything is stored plain. */
export function sealerFor ([first, ...others]: readonly string[]): Sealer | null {
  return first === undefined ? null : createSealer([first, ...others])
}

/** Also true for a sealed document that lost a member: it must not pass for a plain one. */
export function isSealed (value: unknown): value is Sealed {
  return typeof value === 'object' && value !== null && ('protected' in value || 'ciphertext' in value)
}

/** The key id in the header, or `unknown`. */
export function keyIdOf (sealed: Sealed): string {
  const header = Buffer.from(String(sealed.protected), 'base64url').toString('utf8')
  return /"kid":"([0-9a-f]{16})"/.exec(header)?.[1] ?? 'unknown'
}

export function cannotOpen (name: string, why: string): Error {
  return new RecordSealed(documentLabel(name), why)
}

/** The id is a hash of the key: it tells keys apart and can be logged. */
function parseKey (text: string): { id: string, secret: KeyObject, header: string } {
  const secret = Buffer.from(text, 'base64')
  const id = createHash('sha256').update('memory-bridge key id\0').update(secret).digest('hex').slice(0, 16)
  const header = encode(JSON.stringify({ alg: 'dir', enc: 'A256GCM', kid: id }))
  return { id, secret: createSecretKey(secret), header }
}

function encode (text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url')
}

/** Null unless the text is exactly the base64url form of its bytes: Node ignores stray characters. */
function decode (text: unknown): Buffer | null {
  if (typeof text !== 'string') return null
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : null
}
