/**
 * JSON Web Encryption with a direct key, which any JOSE library can open.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7518#section-4.5 `dir`, and §5.3 `A256GCM`
 */
import {
  createCipheriv, createDecipheriv, createHash, createSecretKey, randomFillSync, type KeyObject
} from 'node:crypto'

export interface JweKey {
  /** A hash of the key: it tells keys apart and can be logged. */
  id: string
  secret: KeyObject
  /** The protected header, encoded. */
  header: string
}

/** In base64url. */
export type JweParts = Record<'iv' | 'ciphertext' | 'tag', string>

/** @see https://www.rfc-editor.org/rfc/rfc7518#section-5.3 */
const IV_BYTES = 12
const TAG_BYTES = 16

/** Random bytes for the next nonces, because asking for 12 at a time takes ten times as long. */
const random = Buffer.alloc(IV_BYTES * 256)
let used = random.length

function nextIv (): Buffer {
  if (used === random.length) {
    randomFillSync(random)
    used = 0
  }
  used += IV_BYTES
  return random.subarray(used - IV_BYTES, used)
}

/** @param text - 32 bytes in base64 */
export function jweKey (text: string): JweKey {
  const secret = Buffer.from(text, 'base64')
  const id = createHash('sha256').update('memory-bridge key id\0').update(secret).digest('hex').slice(0, 16)
  const header = encodeText(JSON.stringify({ alg: 'dir', enc: 'A256GCM', kid: id }))
  return { id, secret: createSecretKey(secret), header }
}

/**
 * Nonces are random, which is safe for 2^32 texts per key.
 *
 * @param aad - ASCII, authenticated
 * @see https://doi.org/10.6028/NIST.SP.800-38D §8.3 for that limit
 */
export function encryptJwe ({ secret }: JweKey, plaintext: string, aad: string): JweParts {
  const iv = nextIv()
  const cipher = createCipheriv('aes-256-gcm', secret, iv, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.from(aad, 'ascii'))
  const ciphertext = cipher.update(plaintext, 'utf8', 'base64url') + cipher.final('base64url')
  return { iv: iv.toString('base64url'), ciphertext, tag: cipher.getAuthTag().toString('base64url') }
}

/** Null if anything was changed since it was encrypted. */
export function decryptJwe (
  { secret }: JweKey, parts: { [part in keyof JweParts]?: unknown }, aad: string
): string | null {
  const [iv, ciphertext, tag] = [parts.iv, parts.ciphertext, parts.tag].map(decode)
  if (iv?.length !== IV_BYTES || ciphertext == null || tag?.length !== TAG_BYTES) return null
  const decipher = createDecipheriv('aes-256-gcm', secret, iv, { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(aad, 'ascii')).setAuthTag(tag)
  const plaintext = decipher.update(ciphertext, undefined, 'utf8')
  try {
    return plaintext + decipher.final('utf8')
  } catch {
    // `final` throws only when the tag does not match.
    return null
  }
}

export function encodeText (text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url')
}

/** Null unless the text is exactly the base64url form of its bytes: Node ignores stray characters. */
function decode (text: unknown): Buffer | null {
  if (typeof text !== 'string') return null
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : null
}
