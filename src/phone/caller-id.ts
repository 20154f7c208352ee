/** Who calls: reads a number as received, and turns it into hashes, which is all that the rest of the bridge gets. */
import { LRUCache } from 'lru-cache'
import type { Config } from '../../schemas/env.ts'
import { getCountryCallingCode, parsePhoneNumberFromString, type CountryCode } from './libphonenumber.ts'
import { maskE164, maskNumber, MAX_REQUEST_READINGS } from './mask-number.ts'
import { hashPhone } from './phone-hash.ts'

/** Only callers of kind `phone` are remembered. */
export type CallerId =
  | { kind: 'phone', e164: string }
  | { kind: 'withheld' | 'sip' | 'client' | 'whatsapp' | 'unreadable' | 'missing' }

/**
 * Words for a withheld number, spelled on a telephone keypad: ANONYMOUS, RESTRICTED (and its common
 * misspelling), BLOCKED, UNKNOWN (and its transposition), UNAVAILABLE, PRIVATE, WITHHELD, "no caller id".
 *
 * @see https://help.twilio.com/articles/223179988 for the first five
 */
const WITHHELD_DIGITS = new Set([
  '266696687', '7378742833', '7378742883', '2562533', '8656696', '8566696', '86282452253', '7748283', '94844353', '464'
])

/** Twilio may send letters instead of a number. @see https://www.twilio.com/en-us/changelog of 2022-11-16 */
const WITHHELD_WORDS = /^(anonymous|restricted|unknown|unavailable|private|blocked|withheld|no ?caller ?id|(private|unknown|withheld|blocked) number|null|undefined)$/i

const PHONE_SHAPE = /^\+?[\d\s().\-/]+$/

/**
 * A number must be *possible*, not valid: validity tables lag behind new ranges, and refuse the 555 numbers that
 * everybody tests with. Carriers may put a prefix before the keypad spelling of a withheld number.
 *
 * @param raw - `caller_id` or `called_number` as received
 * @param defaultCountry - ISO 3166-1 alpha-2, for numbers without `+`; without it they are `unreadable`
 */
export function readCallerId (raw: string | null | undefined, defaultCountry?: string): CallerId {
  const text = (raw ?? '').trim()
  if (text === '') return { kind: 'missing' }
  if (/^sips?:/i.test(text)) return { kind: 'sip' }
  if (/^client:/i.test(text)) return { kind: 'client' }
  if (/^whatsapp:/i.test(text)) return { kind: 'whatsapp' }
  if (WITHHELD_WORDS.test(text)) return { kind: 'withheld' }
  if (!PHONE_SHAPE.test(text)) return { kind: 'unreadable' }
  if (isWithheldNumber(text, defaultCountry)) return { kind: 'withheld' }

  const number = parsePhoneNumberFromString(text, {
    ...(defaultCountry === undefined ? {} : { defaultCountry: defaultCountry as CountryCode }),
    extract: false
  })
  if (!number?.isPossible()) return { kind: 'unreadable' }
  // Again, because parsing has removed dialling prefixes such as 00 or 011.
  return isWithheldNumber(number.number, defaultCountry) ? { kind: 'withheld' } : { kind: 'phone', e164: number.number }
}

/** Such as `49` for DE. */
export function callingCode (country: string): string {
  return getCountryCallingCode(country as CountryCode)
}

function isWithheldNumber (text: string, defaultCountry: string | undefined): boolean {
  const digits = text.replace(/\D/g, '')
  const prefixes = ['', '1', ...(defaultCountry === undefined ? [] : [callingCode(defaultCountry)])]
  return prefixes.some((prefix) => digits.startsWith(prefix) && WITHHELD_DIGITS.has(digits.slice(prefix.length)))
}

/** Reading and hashing a number takes longer than everything else that a call start does with it. */
const RECENT_CALLERS = 10_000
const MAX_RECENT_CHARS = 64

type ReadCallerId = { kind: 'phone', e164: string, hashes: PhoneHashes } | Exclude<CallerId, { kind: 'phone' }>

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

export type CallerIdReader = ReturnType<typeof createCallerIdReader>

export function createCallerIdReader (
  { PHONE_HASH_KEY: key, DEFAULT_COUNTRY, OWN_NUMBERS }:
  Pick<Config, 'PHONE_HASH_KEY' | 'DEFAULT_COUNTRY' | 'OWN_NUMBERS'>
) {
  const hashes = (e164: string): PhoneHashes =>
    ({ phoneHash: hashPhone(e164, key), legacyHash: key === undefined ? null : hashPhone(e164) })
  const isHashOf = (hash: string, { phoneHash, legacyHash }: PhoneHashes) => hash === phoneHash || hash === legacyHash
  const read = (raw: string): ReadCallerId => {
    const id = readCallerId(raw, DEFAULT_COUNTRY)
    return id.kind === 'phone' ? { ...id, hashes: hashes(id.e164) } : id
  }
  const recent = new LRUCache<string, ReadCallerId>({ max: RECENT_CALLERS, memoMethod: read })
  return {
    /** The number itself is not passed on. */
    identify (raw: string | null | undefined): Identity {
      const text = raw ?? ''
      const id = text.length > MAX_RECENT_CHARS ? read(text) : recent.memo(text)
      if (id.kind !== 'phone') return id
      const budget = { left: MAX_REQUEST_READINGS }
      return { kind: 'phone', mask: (text) => maskE164(text, id.e164, budget), ...id.hashes }
    },
    /** For a phone hash or a legacy hash, when the number is not known. */
    fromHash: (phoneHash: string): PhoneIdentity => ({
      kind: 'phone',
      phoneHash,
      legacyHash: null,
      mask: (text) => maskNumber(text, (e164) => isHashOf(phoneHash, hashes(e164)))
    }),
    /** Hashes of OWN_NUMBERS, legacy hashes included. */
    ownNumbers: new Set(OWN_NUMBERS.map(hashes).flatMap(({ phoneHash, legacyHash }) =>
      legacyHash === null ? [phoneHash] : [phoneHash, legacyHash]))
  }
}
