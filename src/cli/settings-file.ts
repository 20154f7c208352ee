/** The file with the settings, usually `.env`, for the commands that write into it. */
import { chown, readFile, realpath, stat } from 'node:fs/promises'
import { geteuid } from 'node:process'
import { pipeline } from 'node:stream/promises'
import { parseEnv } from 'node:util'
import { EnvFileFault, withSettings } from '../connect/env-file.ts'
import { CommandFailed } from '../errors.ts'
import { writeWholeFile } from './whole-file.ts'
import { isMissing } from '../store/file/system-error.ts'

/** Empty if there is no such file. */
export async function readSettingsFile (path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isMissing(error)) return ''
    throw error
  }
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
  const changed = changedText(text === '' ? head : text, settings, path)
  // A link stays a link.
  const target = text === '' ? path : await realpath(path)
  const owner = text === '' ? null : await stat(target)
  await writeWholeFile(target, { overwrite: true }, (sink) => pipeline([changed], sink))
  if (owner !== null && geteuid?.() === 0) await chown(target, owner.uid, owner.gid)
}

function changedText (text: string, settings: Record<string, string>, path: string): string {
  try {
    return withSettings(text, settings)
  } catch (error) {
    if (!(error instanceof EnvFileFault)) throw error
    const names = Object.keys(settings).join(', ')
    throw new CommandFailed(`${path} was not changed: ${error.message}. Set ${names} by hand`)
  }
}
