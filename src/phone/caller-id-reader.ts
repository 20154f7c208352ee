/** Caller ids under one operator's settings: default country, hash key and own numbers. */
import { readCallerId, type CallerId } from './caller-id.ts'
import { maskNumber } from './mask-number.ts'
import { hashPhone } from './phone-hash.ts'

export interface CallerIdSettings {
  /** PHONE_HASH_KEY. */
  hashKey?: string | undefined
  /** ISO 3166-1 alpha-2. */
  defaultCountry?: string | undefined
  /** The operator's numbers, E.164. */
  ownNumbers: readonly string[]
}

/** A person with a real number, who is all that the number is needed for. */
export interface PhoneIdentity {
  kind: 'phone'
  phoneHash: string
  /** `text` with the person's own number masked, as it may be stored or logged. */
  mask (text: string): string
}

/** A person behind a number, or why there is none. */
export type Identity = PhoneIdentity | Exclude<CallerId, { kind: 'phone' }>

export interface CallerIdReader {
  /** Who a caller id names. The number itself goes no further than this. */
  identify (raw: string | null | undefined): Identity
  /** The person with a phone hash, when the number is not at hand. */
  known (phoneHash: string): PhoneIdentity
  /** Hashes of OWN_NUMBERS. */
  ownNumbers: ReadonlySet<string>
}

export function createCallerIdReader ({ hashKey, defaultCountry, ownNumbers }: CallerIdSettings): CallerIdReader {
  const hash = (e164: string) => hashPhone(e164, hashKey)
  return {
    identify (raw) {
      const id = readCallerId(raw, defaultCountry)
      if (id.kind !== 'phone') return id
      return { kind: 'phone', phoneHash: hash(id.e164), mask: (text) => maskNumber(text, (e164) => e164 === id.e164) }
    },
    known: (phoneHash) => ({ kind: 'phone', phoneHash, mask: (text) => maskNumber(text, (e164) => hash(e164) === phoneHash) }),
    ownNumbers: new Set(ownNumbers.map(hash))
  }
}
