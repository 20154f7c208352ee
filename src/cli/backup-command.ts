/** `backup <file>`: writes everything to one file, also while the bridge runs. */
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Config } from '../../schemas/env.ts'
import { LAST_BACKUP_FILE } from '../backup/last-backup.ts'
import { makeBackup, type BackupResult } from '../backup/make-backup.ts'
import { CommandFailed } from '../errors.ts'
import { hashKeyId } from '../phone/phone-hash.ts'
import { EXIT } from '../process.ts'
import { isSystemError } from '../store/file/system-error.ts'
import { openStoreReader } from '../store/open-store.ts'
import { sealerFor } from '../store/sealer.ts'
import { VERSION } from '../version.ts'
import { storeParts } from './open-data.ts'
import { positionOf } from './progress.ts'
import { count, listNames, type Shell } from './shell.ts'
import { writeWholeFile } from './whole-file.ts'

/** @param path - `-` is standard output */
export async function backupCommand (
  shell: Shell, path: string, { force = false }: { force?: boolean }
): Promise<number> {
  if (path === '-' && shell.output.isTTY === true) {
    throw new CommandFailed('A terminal cannot show a backup: redirect standard output to a file or a command')
  }
  const result = path === '-'
    ? await backup(shell, shell.output, false)
    : await writeWholeFile(path, { overwrite: force }, (sink) => backup(shell, sink, true))

  await noteBackup(shell.config).catch((error: unknown) => {
    if (!isSystemError(error)) throw error
    shell.say(`GET /api/status will not show this backup: its time could not be noted in DATA_DIR (${error.code}).`)
  })
  const advice = shell.config.DATA_ENCRYPTION_KEY.length === 0
    ? 'The backup is plain, like the data: keep it just as safe.'
    : 'The backup is sealed: keep DATA_ENCRYPTION_KEY in another place.'
  shell.say(`${count(result.callers, 'caller')} and ${count(result.documents, 'other document')} backed up. ${advice}`)
  if (result.unreadable === 0) return EXIT.done
  shell.say(`${count(result.unreadable, 'record')} could not be read, and ${result.unreadable === 1 ? 'is' : 'are'} ` +
    'not in the backup (damaged, or sealed with a key that is not in DATA_ENCRYPTION_KEY): ' +
    listNames(result.missing))
  return EXIT.incomplete
}

/** Without a lock: the bridge only reads the time. A file of another user is replaced, not written. */
async function noteBackup ({ DATA_DIR, DATABASE_URL }: Pick<Config, 'DATA_DIR' | 'DATABASE_URL'>): Promise<void> {
  if (DATABASE_URL !== undefined) return
  await writeWholeFile(join(DATA_DIR, LAST_BACKUP_FILE), { overwrite: true }, (sink) => pipeline([], sink))
}

async function backup (shell: Shell, sink: NodeJS.WritableStream, end: boolean): Promise<BackupResult> {
  const { config, now, withProgress, signal } = shell
  const reader = await openStoreReader(config, storeParts(shell))
  try {
    return await withProgress('Backing up', (show) => makeBackup({
      reader,
      about: {
        created_at: now().toISOString(), bridge_version: VERSION, hash_key_id: hashKeyId(config.PHONE_HASH_KEY)
      },
      sealer: sealerFor(config.DATA_ENCRYPTION_KEY),
      sink,
      end,
      signal,
      onPage: (last, { callers }) => show(positionOf(last), count(callers, 'caller'))
    }))
  } finally {
    await reader.close()
  }
}
