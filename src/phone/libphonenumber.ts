/** libphonenumber-js as CommonJS: its hundred files take half the time to load that they take as ES modules. */
import { createRequire } from 'node:module'

export type { CountryCode } from 'libphonenumber-js'

export const { getCountries, getCountryCallingCode, isSupportedCountry, parsePhoneNumberFromString } =
  createRequire(import.meta.url)('libphonenumber-js') as typeof import('libphonenumber-js')
