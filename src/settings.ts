/** Settings from the environment: cleaning and checking them, and describing what is wrong with them. */
import { BlockList, isIP } from 'node:net'
import type { ErrorObject } from 'ajv'
import type { Config } from '../schemas/env.ts'
import { isSupportedCountry, parsePhoneNumberFromString } from './phone/libphonenumber.ts'

export interface SettingsSchema {
  properties: Record<string, { description?: string, separator?: string }>
}

/**
 * Keeps the variables that the schema names. Trims values, because a pasted secret often ends with a line feed, and
 * drops empty list entries. An empty setting counts as unset.
 */
export function cleanSettings (
  env: Record<string, string | undefined>, { properties }: SettingsSchema
): Record<string, string> {
  const entries = Object.entries(properties).map(([name, { separator }]) => {
    const text = (env[name] ?? '').trim()
    const value = separator === undefined
      ? text
      : text.split(separator).map((entry) => entry.trim()).filter((entry) => entry !== '').join(separator)
    return [name, value] as const
  })
  return Object.fromEntries(entries.filter(([, value]) => value !== ''))
}

/** Lists every wrong setting and what to do, without its value. */
export function describeFaults (faults: ErrorObject[], { properties }: SettingsSchema): string {
  // What `if` requires has a fault of its own.
  const names = faults.filter(({ keyword }) => keyword !== 'if').map(({ keyword, instancePath, params }) => {
    if (keyword === 'required') return { name: String(params['missingProperty']), problem: 'is missing' }
    const isStillSample = keyword === 'format' && isSample(params)
    return { name: instancePath.slice(1), problem: isStillSample ? 'still has its sample value' : 'is wrong' }
  })
  const lines = [...new Map(names.map(({ name, problem }) =>
    [name, `  ${name} ${problem}: set it to ${properties[name]?.description}`])).values()]
  const count = lines.length === 1 ? 'One setting needs' : `${lines.length} settings need`
  return [
    `${count} your attention before the bridge can start:`,
    ...lines,
    'The file .env.example lists and explains all settings.'
  ].join('\n')

  /** These formats refuse nothing but sample values. */
  function isSample ({ format }: Record<string, unknown>): boolean {
    return format === 'secret' || format === 'secrets'
  }
}

/** One sentence for each setting that is allowed but weak. */
export function settingWarnings (
  config: Pick<Config, 'ADMIN_API_KEY' | 'WEBHOOK_SECRET' | 'WEBHOOK_HEADER_SECRET' | 'PHONE_HASH_KEY'>
): string[] {
  const secrets = {
    WEBHOOK_SECRET: config.WEBHOOK_SECRET,
    WEBHOOK_HEADER_SECRET: config.WEBHOOK_HEADER_SECRET,
    PHONE_HASH_KEY: config.PHONE_HASH_KEY === undefined ? [] : [config.PHONE_HASH_KEY]
  }
  const short = Object.entries(secrets).filter(([, values]) => values.some((value) => value.length < MIN_SECRET_CHARS))
  return [
    ...short.map(([name]) => `${name} is shorter than ${MIN_SECRET_CHARS} characters: make it longer`),
    ...(config.ADMIN_API_KEY === undefined ? ['ADMIN_API_KEY is not set: the admin API is off'] : []),
    ...(config.PHONE_HASH_KEY === undefined
      ? ['PHONE_HASH_KEY is not set: anyone who gets the data can find the phone numbers by trying them all']
      : [])
  ]
}

/** Shorter secrets can be guessed. */
const MIN_SECRET_CHARS = 16

/** Whether only this machine can reach the address. */
export function isLoopback (host: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|::1|\[::1\])$/i.test(host)
}

/** Secrets in .env.example begin with this, so that a copied one is refused. */
export const SAMPLE_PREFIX = 'change-me'

/** Exactly 32 bytes in base64 or base64url: in the last of 43 digits, two bits must be 0. */
const KEY_FORM = /^(?:[A-Za-z0-9+/]{42}|[A-Za-z0-9_-]{42})[AEIMQUYcgkosw048]=?$/

/** Lists are one text with commas, already cleaned. */
export const settingFormats: Record<string, (text: string) => boolean> = {
  secret: (text) => !text.startsWith(SAMPLE_PREFIX),
  secrets: everyEntry((entry) => !entry.startsWith(SAMPLE_PREFIX)),
  'encryption-keys': everyEntry((entry) => KEY_FORM.test(entry) && !entry.startsWith(SAMPLE_PREFIX)),
  'web-url': isWebUrl,
  'public-url': (text) => isWebUrl(text) && !new URL(text).hostname.startsWith(SAMPLE_PREFIX),
  'postgres-url': isPostgresUrl,
  origins: everyEntry(isOrigin),
  addresses: everyEntry(isAddressOrRange),
  country: (text) => isSupportedCountry(text),
  'e164-numbers': everyEntry(isE164),
  overrides: (text) =>
    text === 'none' || text.split(',').every((entry) => ['prompt', 'first_message', 'language'].includes(entry)),
  'time-zone': isTimeZone
}

/** Addresses of our documents; older samples had the second one. */
export function isSamplePublicUrl (url: string): boolean {
  const { hostname } = new URL(url)
  return hostname.startsWith(SAMPLE_PREFIX) || hostname === 'bridge.example.com'
}

function isOrigin (entry: string): boolean {
  return URL.canParse(entry) && /^https?:\/\//.test(entry) && new URL(entry).origin === entry && !entry.includes('*')
}

function isE164 (entry: string): boolean {
  return parsePhoneNumberFromString(entry, { extract: false })?.isPossible() === true && /^\+\d+$/.test(entry)
}

function everyEntry (fits: (entry: string) => boolean): (text: string) => boolean {
  return (text) => text === '' || text.split(',').every(fits)
}

function isAddressOrRange (entry: string): boolean {
  const [address = '', bits, ...rest] = entry.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0) return false
  if (bits === undefined) return true
  // A range of 0 bits would trust everybody, and so would an IPv6 range that contains all of IPv4.
  const maxBits = family === 4 ? 32 : 128
  return /^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= maxBits && !containsAllOfIpv4(entry)
}

function containsAllOfIpv4 (range: string): boolean {
  const list = new BlockList()
  addAddresses(list, [range])
  return list.check('0.0.0.0', 'ipv4') && list.check('255.255.255.255', 'ipv4')
}

/** @param entries - addresses and CIDR ranges */
export function addAddresses (list: BlockList, entries: readonly string[]): void {
  for (const entry of entries) {
    const [address = '', bits] = entry.split('/')
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
}

function isWebUrl (text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}

function isPostgresUrl (text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, password, pathname, hash } = new URL(text)
  // Any other @ or # comes from a password that is not percent-encoded, which would end up in the host or the database.
  const isEncoded = !pathname.includes('@') && hash === ''
  return /^postgres(ql)?:$/.test(protocol) && !password.startsWith(SAMPLE_PREFIX) && isEncoded
}

function isTimeZone (text: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== ''
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}
