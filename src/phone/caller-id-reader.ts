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

/** A person behind a number, or why there is none. */
export type Identity = { kind: 'phone', phoneHash: string } | Exclude<CallerId, { kind: 'phone' }>

export interface CallerIdReader {
  /** Who a caller id names. The number itself goes no further than this. */
  identify (raw: string | null | undefined): Identity
  /** `text` with the caller's own number masked, as it may be stored. */
  mask (text: string, phoneHash: string): string
  /** Hashes of OWN_NUMBERS. */
  ownNumbers: ReadonlySet<string>
}

export function createCallerIdReader ({ hashKey, defaultCountry, ownNumbers }: CallerIdSettings): CallerIdReader {
  const hash = (e164: string) => hashPhone(e164, hashKey)
  return {
    identify (raw) {
      const id = readCallerId(raw, defaultCountry)
      return id.kind === 'phone' ? { kind: 'phone', phoneHash: hash(id.e164) } : id
    },
    mask: (text, phoneHash) => maskNumber(text, (e164) => hash(e164) === phoneHash),
    ownNumbers: new Set(ownNumbers.map(hash))
  }
}
