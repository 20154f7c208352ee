import { readCallerId, type CallerId } from './caller-id.ts'
import { maskE164, maskNumber, MAX_REQUEST_READINGS } from './mask-number.ts'
import { hashPhone } from './phone-hash.ts'

export interface CallerIdSettings {
  /** PHONE_HASH_KEY. */
  hashKey?: string | undefined
  /** ISO 3166-1 alpha-2. */
  defaultCountry?: string | undefined
  /** E.164. */
  ownNumbers: readonly string[]
}

export interface PhoneHashes {
  phoneHash: string
  /** The hash without PHONE_HASH_KEY: old data may still be stored under it. Null without a key or a number. */
  legacyHash: string | null
}

export interface PhoneIdentity extends PhoneHashes {
  kind: 'phone'
  /** Masks the caller's own number, so that `text` may be stored or logged. */
  mask (text: string): string
}

/** A caller with a phone number, or why there is none. */
export type Identity = PhoneIdentity | Exclude<CallerId, { kind: 'phone' }> | { kind: 'own' }

export interface CallerIdReader {
  /** The number itself is not passed on. */
  identify (raw: string | null | undefined): Identity
  /** For a phone hash or a legacy hash, when the number is not known. */
  fromHash (phoneHash: string): PhoneIdentity
  /** Hashes of OWN_NUMBERS, legacy hashes included. */
  ownNumbers: ReadonlySet<string>
}

export function createCallerIdReader ({ hashKey, defaultCountry, ownNumbers }: CallerIdSettings): CallerIdReader {
  const hashes = (e164: string): PhoneHashes =>
    ({ phoneHash: hashPhone(e164, hashKey), legacyHash: hashKey === undefined ? null : hashPhone(e164) })
  const isHashOf = (hash: string, { phoneHash, legacyHash }: PhoneHashes) => hash === phoneHash || hash === legacyHash
  return {
    identify (raw) {
      const id = readCallerId(raw, defaultCountry)
      if (id.kind !== 'phone') return id
      const budget = { left: MAX_REQUEST_READINGS }
      return { kind: 'phone', mask: (text) => maskE164(text, id.e164, budget), ...hashes(id.e164) }
    },
    fromHash: (phoneHash) => ({
      kind: 'phone',
      phoneHash,
      legacyHash: null,
      mask: (text) => maskNumber(text, (e164) => isHashOf(phoneHash, hashes(e164)))
    }),
    ownNumbers: new Set(ownNumbers.map(hashes).flatMap(({ phoneHash, legacyHash }) =>
      legacyHash === null ? [phoneHash] : [phoneHash, legacyHash]))
  }
}
