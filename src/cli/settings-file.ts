/** The file with the settings, usually `.env`, for the commands that write into it. */
import { chown, readFile, realpath, stat } from 'node:fs/promises'
import { geteuid } from 'node:process'
import { pipeline } from 'node:stream/promises'
import { isDeepStrictEqual, parseEnv } from 'node:util'
import { CommandFailed } from '../errors.ts'
import { matchesIn } from '../matches.ts'
import { isMissing } from '../store/file/system-error.ts'
import { orNull } from '../store/unreadable.ts'
import { writeWholeFile } from './whole-file.ts'

/** Empty if there is no such file. */
async function readSettingsFile (path: string): Promise<string> {
  return await orNull(isMissing, readFile(path, 'utf8')) ?? ''
}

/** The variables in a file, as Node reads them. */
export async function settingsIn (path: string): Promise<Record<string, string>> {
  return { ...parseEnv(await readSettingsFile(path)) as Record<string, string> }
}

/**
 * Sets settings in the file, and leaves everything else in it as it is. The file then has mode 0600.
 *
 * @param head - of a new file
 * @throws {CommandFailed} the file cannot be changed safely; nothing was written
 */
export async function writeSettings (path: string, settings: Record<string, string>, head = ''): Promise<void> {
  const text = await readSettingsFile(path)
  const changed = withSettings(text === '' ? head : text, settings, path)
  // A link stays a link.
  const target = text === '' ? path : await realpath(path)
  const owner = text === '' ? null : await stat(target)
  await writeWholeFile(target, { overwrite: true }, (sink) => pipeline([changed], sink))
  if (owner !== null && geteuid?.() === 0) await chown(target, owner.uid, owner.gid)
}

/**
 * Replaces the value of each setting where it is in the text of a file, and appends those that are not there, in their
 * order.
 *
 * @throws {CommandFailed} a setting would not be read back as its value, or another one would change
 */
export function withSettings (text: string, settings: Record<string, string>, path: string): string {
  const refusal = (why: string) =>
    new CommandFailed(`${path} was not changed: ${why}. Set ${Object.keys(settings).join(', ')} by hand`)
  // Without it, Node 20 reads a comment at the end as a setting.
  const whole = text === '' || text.endsWith('\n') ? text : text + newlineOf(text)
  let changed = whole
  for (const [name, value] of Object.entries(settings)) {
    const written = quoted(value)
    if (written === null) throw refusal('a value has characters that cannot be quoted')
    changed = withAssignment(changed, name, `${name}=${written}`)
  }
  if (!isDeepStrictEqual({ ...parseEnv(changed) }, { ...parseEnv(whole), ...settings })) {
    throw refusal('the file has lines that cannot be changed safely')
  }
  return changed
}

function withAssignment (text: string, name: string, assignment: string): string {
  // Only spaces around the name: a line feed in the pattern would reach into the lines before.
  const lines = new RegExp(`^([ \\t]*(?:export[ \\t]+)?)${name}[ \\t]*=.*$`, 'gm')
  const found = matchesIn(lines, text).at(-1)
  if (found === undefined) return text + assignment + newlineOf(text)
  const [line, indent = ''] = found
  return text.slice(0, found.index) + indent + assignment + text.slice(found.index + line.length)
}

const newlineOf = (text: string) => text.includes('\r\n') ? '\r\n' : '\n'

/** Needs no quotes in any reader of such files. */
const PLAIN = /^[\w+/=.,:@%~-]+$/

/** Null if no quotes can hold it. */
function quoted (value: string): string | null {
  if (PLAIN.test(value)) return value
  const quote = ['\'', '"', '`'].find((each) => !value.includes(each))
  return quote === undefined || /[\r\n]/.test(value) ? null : `${quote}${value}${quote}`
}
