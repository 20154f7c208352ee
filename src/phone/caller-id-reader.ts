/** Caller ids under one operator's settings: default country, hash key and own numbers. */
import { readCallerId, type CallerId } from './caller-id.ts'
import { maskE164, maskNumber, MAX_REQUEST_READINGS } from './mask-number.ts'
import { hashPhone } from './phone-hash.ts'

export interface CallerIdSettings {
  /** PHONE_HASH_KEY. */
  hashKey?: string | undefined
  /** ISO 3166-1 alpha-2. */
  defaultCountry?: string | undefined
  /** The operator's numbers, E.164. */
  ownNumbers: readonly string[]
}

/** What stands for one number in the store. */
export interface PhoneHashes {
  phoneHash: string
  /**
   * The hash from before PHONE_HASH_KEY, under which something may still be stored. Null without a key, and when the
   * number is not at hand.
   */
  legacyHash: string | null
}

/** A person with a real number, who is all that the number is needed for. */
export interface PhoneIdentity extends PhoneHashes {
  kind: 'phone'
  /** `text` with the person's own number masked, as it may be stored or logged. */
  mask (text: string): string
}

/** A person behind a number, or why there is none. */
export type Identity = PhoneIdentity | Exclude<CallerId, { kind: 'phone' }> | { kind: 'own' }

export interface CallerIdReader {
  /** Who a caller id names. The number itself goes no further than this. */
  identify (raw: string | null | undefined): Identity
  /** The person with a phone hash, keyed or former, when the number is not at hand. */
  fromHash (phoneHash: string): PhoneIdentity
  /** Hashes of OWN_NUMBERS, the former ones too. */
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
      kind: 'phone', phoneHash, legacyHash: null, mask: (text) => maskNumber(text, (e164) => isHashOf(phoneHash, hashes(e164)))
    }),
    ownNumbers: new Set(ownNumbers.map(hashes).flatMap(({ phoneHash, legacyHash }) => legacyHash === null ? [phoneHash] : [phoneHash, legacyHash]))
  }
}
