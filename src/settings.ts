/** Settings as they come from the environment: cleaned before the schema sees them, and faults put into words. */
import type { ErrorObject } from 'ajv'

/** The part of a settings schema that is needed here. */
export interface SettingsSchema {
  properties: Record<string, { description?: string, separator?: string }>
}

/**
 * The variables that the schema names. Blanks around values go, because a pasted secret often brings a line end;
 * so do empty list entries. An empty setting is an unset one.
 */
export function cleanSettings (
  env: Record<string, string | undefined>,
  { properties }: SettingsSchema
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

/** One message that lists everything wrong, by name, without values, with what to do. */
export function describeFaults (faults: ErrorObject[], { properties }: SettingsSchema): string {
  const names = faults.map(({ keyword, instancePath, params }) => keyword === 'required'
    ? { name: String(params['missingProperty']), problem: 'is missing' }
    : {
        name: instancePath.slice(1),
        problem: keyword === 'format' && isSample(params) ? 'still has its sample value' : 'is wrong'
      })
  const lines = [...new Map(names.map(({ name, problem }) =>
    [name, `  ${name} ${problem}: set it to ${properties[name]?.description}`])).values()]
  const count = lines.length === 1 ? 'One setting needs' : `${lines.length} settings need`
  return [
    `${count} your attention before the bridge can start:`,
    ...lines,
    'The file .env.example has them all, with explanations.'
  ].join('\n')

  /** All that these formats refuse is a sample value. */
  function isSample ({ format }: Record<string, unknown>): boolean {
    return format === 'secret' || format === 'secrets'
  }
}

/** What an operator should know about settings that are allowed but weak, one sentence each. */
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
      ? [
          'PHONE_HASH_KEY is not set: whoever gets hold of the data can find the numbers by trying them all'
        ]
      : [])
  ]
}

/** Secrets shorter than this can be guessed. */
const MIN_SECRET_CHARS = 16

/** Addresses that only this machine reaches. */
export function isLoopback (host: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|::1|\[::1\])$/i.test(host)
}
