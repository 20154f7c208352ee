/** Cleans settings from the environment before validation, and describes what is wrong with them. */
import type { ErrorObject } from 'ajv'

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
  const names = faults.map(({ keyword, instancePath, params }) => {
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
export function settingWarnings (config: {
  ADMIN_API_KEY?: string | undefined
  WEBHOOK_SECRET: readonly string[]
  WEBHOOK_HEADER_SECRET: readonly string[]
  PHONE_HASH_KEY?: string | undefined
}): string[] {
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
