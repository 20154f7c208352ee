/** `restore <file>`: verifies a backup, then puts it into the store. */
import { fstatSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import type { BackupCounts } from '../backup/backup-format.ts'
import { readBackupHeader, readEntries, type BackupSource } from '../backup/read-backup.ts'
import { restoreBackup, type RestoreCounts } from '../backup/restore-backup.ts'
import { CommandFailed, DataDirLocked } from '../errors.ts'
import { hashKeyId } from '../phone/phone-hash.ts'
import { EXIT } from '../process.ts'
import { sealerFor } from '../store/sealer.ts'
import type { Store } from '../store/store.ts'
import { openForWriting } from './open-data.ts'
import { count, listNames, type Shell } from './shell.ts'

export interface RestoreOptions {
  /** Only verify the file. */
  check?: true
  /** The backup's records win over those in the store. */
  overwrite?: true
  /** Accept a backup made with another PHONE_HASH_KEY. */
  force?: true
}

/** @param path - `-` is standard input, which must be a file */
export async function restoreCommand (shell: Shell, path: string, options: RestoreOptions): Promise<number> {
  const file = path === '-' ? null : await open(path)
  try {
    const size = await sizeOf(file)
    const sealer = sealerFor(shell.config.DATA_ENCRYPTION_KEY)
    const source = { fd: file?.fd ?? STDIN, checks: shell.checks, sealer }
    await refuseOtherKey(source.fd, options, shell)
    const saved = await verify(source, size, shell)
    if (options.check === true) return EXIT.done
    const store = await openUnused(shell)
    let done = 0
    try {
      return printCounts(await shell.withProgress('Restoring', (show) => restoreBackup({
        entries: readEntries(source),
        store,
        overwrite: options.overwrite === true,
        signal: shell.signal,
        onCaller: () => show(++done / saved.callers, count(done, 'caller'))
      })), shell)
    } finally {
      await store.close()
    }
  } finally {
    await file?.close()
  }
}

const STDIN = 0

async function sizeOf (file: FileHandle | null): Promise<number> {
  const stats = file === null ? fstatSync(STDIN) : await file.stat()
  if (!stats.isFile()) {
    throw new CommandFailed(
      'A backup is read twice: give the name of a file, or redirect a file to standard input; a pipe does not work')
  }
  return stats.size
}

/** With another PHONE_HASH_KEY, no caller would be recognised. Unkeyed hashes are accepted: calls move them. */
async function refuseOtherKey (fd: number, { check, force }: RestoreOptions, { config, say }: Shell): Promise<void> {
  const { hash_key_id: id, created_at: at } = await readBackupHeader(fd)
  say(`The backup is from ${at}.`)
  if (id === null || id === hashKeyId(config.PHONE_HASH_KEY)) return
  const problem = 'The backup was made with another PHONE_HASH_KEY: no caller in it would be recognised.'
  if (check !== true && force !== true) throw new CommandFailed(`${problem} Set that key, or give --force`)
  say(problem)
}

async function verify (
  source: BackupSource, size: number, { withProgress, say, signal }: Shell
): Promise<BackupCounts> {
  return await withProgress('Verifying', async (show) => {
    const entries = readEntries({
      ...source, onBytes: (bytes) => show(bytes / size, `${Math.floor(bytes / 1e6)} MB`)
    })
    for (;;) {
      signal.throwIfAborted()
      const { value, done } = await entries.next()
      if (done !== true) continue
      const { callers, documents, unreadable } = value
      const missing = unreadable === 0 ? '' : `; ${count(unreadable, 'record')} could not be read when it was made`
      say(`It is complete: ${count(callers, 'caller')}, ${count(documents, 'other document')}${missing}.`)
      return value
    }
  })
}

async function openUnused (shell: Shell): Promise<Store> {
  try {
    return await openForWriting(shell)
  } catch (error) {
    if (!(error instanceof DataDirLocked)) throw error
    throw new CommandFailed(`${error.message}. Stop the bridge first, then run this again`)
  }
}

function printCounts (counts: RestoreCounts, { say }: Shell): number {
  const { restored, replaced, kept, dropped, erased, mark, notes, ownNumbers, unreadable } = counts
  const lines: Array<[number, string]> = [
    [restored, 'restored'],
    [replaced, 'replaced by the backup\'s record'],
    [kept, 'already in the store, kept as they are'],
    [dropped, 'skipped: erased or opted out since the backup'],
    [erased, 'erased: the backup has a later erasure or an opt-out'],
    [mark, 'erasure marks restored'],
    [notes, 'notes for everybody added'],
    [ownNumbers, 'own numbers added']
  ]
  for (const [number, what] of lines) if (number > 0) say(`${number.toLocaleString('en').padStart(9)} ${what}`)
  if (unreadable.length === 0) {
    say('Done.')
    return EXIT.done
  }
  say(`${count(unreadable.length, 'caller')} in the store could not be read and stayed unchanged ` +
    `(sealed with a key that is not in DATA_ENCRYPTION_KEY): ${listNames(unreadable)}`)
  return EXIT.incomplete
}
