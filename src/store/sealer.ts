/**
 * Seals stored documents as JSON Web Encryption.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7516#section-7.2.2 flattened JSON
 */
import { RecordSealed } from '../errors.ts'
import { decryptJwe, encodeText, encryptJwe, jweKey } from '../jwe.ts'
import { hashPrefix } from '../phone/phone-hash.ts'

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

export type Sealer = ReturnType<typeof createSealer>

/** Seals with the first key, opens with all of them. @param keys - as in DATA_ENCRYPTION_KEY */
export function createSealer (keys: readonly [string, ...string[]]) {
  const current = jweKey(keys[0])
  const older = keys.slice(1).map(jweKey)
  const all = [current, ...older]

  return {
    /** The first one seals. */
    keyIds: [current.id, ...older.map(({ id }) => id)] as const,

    /** Returns JSON that is bound to `name`. */
    seal (plaintext: string, name: string): string {
      const aad = encodeText(name)
      const { iv, ciphertext, tag } = encryptJwe(current, plaintext, `${current.header}.${aad}`)
      // Nothing needs escaping, and JSON.stringify would take longer than the cipher.
      return `{"protected":"${current.header}","aad":"${aad}","iv":"${iv}",` +
        `"ciphertext":"${ciphertext}","tag":"${tag}"}\n`
    },

    /** @throws {RecordSealed} sealed with an unknown key or under another name, or changed since */
    open (sealed: Sealed, name: string): string {
      // The whole header must match, so that nobody can choose the algorithm by changing a stored document.
      const key = all.find(({ header }) => header === sealed.protected)
      if (key === undefined) {
        throw cannotOpen(name, `sealed with key ${keyIdOf(sealed)}, which is not in DATA_ENCRYPTION_KEY`)
      }
      if (sealed.aad !== encodeText(name)) throw cannotOpen(name, 'sealed under another name')
      const plaintext = decryptJwe(key, sealed, `${key.header}.${sealed.aad}`)
      if (plaintext === null) throw cannotOpen(name, `changed since it was sealed with key ${key.id}`)
      return plaintext
    },

    isCurrent: (sealed: Sealed): boolean => sealed.protected === current.header
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

/** A document's name for errors. They reach logs and responses, which never carry a whole phone hash. */
export function documentLabel (name: string): string {
  return name.replace(/[0-9a-f]{64}/, hashPrefix)
}
