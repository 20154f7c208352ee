/** Changes settings in the text of a .env file, and leaves everything else in it as it is. Pure. */
import { isDeepStrictEqual, parseEnv } from 'node:util'

/** The text cannot be changed without the risk to break something in it. */
export class EnvFileFault extends Error {}

/** Needs no quotes in any reader of such files. */
const PLAIN = /^[\w+/=.,:@%~-]+$/

/**
 * Replaces the value of each setting where it is, and appends those that are not there, in their order.
 *
 * @throws {EnvFileFault} a setting would not be read back as its value, or another one would change
 */
export function withSettings (text: string, settings: Record<string, string>): string {
  // Without it, Node 20 reads a comment at the end as a setting.
  const whole = text === '' || text.endsWith('\n') ? text : text + newlineOf(text)
  let changed = whole
  for (const [name, value] of Object.entries(settings)) changed = withSetting(changed, name, value)
  if (!isDeepStrictEqual({ ...parseEnv(changed) }, { ...parseEnv(whole), ...settings })) {
    throw new EnvFileFault('the file has lines that cannot be changed safely')
  }
  return changed
}

function withSetting (text: string, name: string, value: string): string {
  const assignment = `${name}=${quoted(value)}`
  // Only spaces around the name: a line feed in the pattern would reach into the lines before.
  const lines = new RegExp(`^([ \\t]*(?:export[ \\t]+)?)${name}[ \\t]*=.*$`, 'gm')
  const found = [...text.matchAll(lines)].at(-1)
  if (found === undefined) return text + assignment + newlineOf(text)
  const [line, indent = ''] = found
  return text.slice(0, found.index) + indent + assignment + text.slice(found.index + line.length)
}

const newlineOf = (text: string) => text.includes('\r\n') ? '\r\n' : '\n'

function quoted (value: string): string {
  if (PLAIN.test(value)) return value
  const quote = ['\'', '"', '`'].find((each) => !value.includes(each))
  if (quote === undefined || /[\r\n]/.test(value)) throw new EnvFileFault('a value has characters that cannot be quoted')
  return `${quote}${value}${quote}`
}
