/** `restore <file>`: the callers and documents of a backup, put into the store. The file is verified before anything is written. */
import { open, type FileHandle } from 'node:fs/promises'
import { fstatSync } from 'node:fs'
import { hashKeyId, type BackupCounts } from '../backup/backup-format.ts'
import { readBackupHeader, readEntries, type BackupSource } from '../backup/read-backup.ts'
import { restoreBackup, type RestoreCounts } from '../backup/restore-backup.ts'
import { CommandFailed, DataDirLocked } from '../errors.ts'
import { EXIT } from '../exit.ts'
import { sealerFor } from '../store/sealer.ts'
import type { Store } from '../store/store.ts'
import { openForWriting } from './open-data.ts'
import { count, listNames, type Shell } from './shell.ts'

export interface RestoreOptions {
  /** Only verify the file. */
  check?: true
  /** The backup's records replace those that are there. */
  overwrite?: true
  /** Also when PHONE_HASH_KEY is another one. */
  force?: true
}

/** @param path - `-` is standard input, when that is a file */
export async function restoreCommand (path: string, options: RestoreOptions, shell: Shell): Promise<number> {
  const file = path === '-' ? null : await open(path)
  try {
    const size = await sizeOf(file)
    const source = { fd: file?.fd ?? STDIN, checks: shell.checks, sealer: sealerFor(shell.config.DATA_ENCRYPTION_KEY) }
    await refuseOtherKey(source.fd, options, shell)
    const saved = await verify(source, size, shell)
    if (options.check === true) return EXIT.done
    const store = await openUnused(shell)
    try {
      return report(await restore({ source, store, saved, overwrite: options.overwrite === true }, shell), shell)
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
  if (!stats.isFile()) throw new CommandFailed('A backup is read twice: give the name of a file, or send a file to standard input, not the output of a command')
  return stats.size
}

/** Under another PHONE_HASH_KEY nobody would be recognised. Plain hashes are moved to the keyed ones call by call. */
async function refuseOtherKey (fd: number, { check, force }: RestoreOptions, { config, say }: Shell): Promise<void> {
  const { hash_key_id: id, created_at: at } = await readBackupHeader(fd)
  say(`A backup of ${at}.`)
  if (id === null || id === hashKeyId(config.PHONE_HASH_KEY)) return
  const problem = 'The backup was made under another PHONE_HASH_KEY than the one that is set: nobody in it would be recognised.'
  if (check !== true && force !== true) throw new CommandFailed(`${problem} Set that key, or give --force`)
  say(problem)
}

/** Reads all of it, so that a fault shows before anything is written. */
async function verify (source: BackupSource, size: number, { startProgress, say, signal }: Shell): Promise<BackupCounts> {
  const progress = startProgress('Verifying')
  try {
    const entries = readEntries({ ...source, onBytes: (bytes) => progress.progress(bytes / size, `${Math.floor(bytes / 1e6)} MB`) })
    for (;;) {
      signal.throwIfAborted()
      const { value, done } = await entries.next()
      if (done !== true) continue
      say(`It is whole: ${count(value.callers, 'caller')}, ${count(value.documents, 'other document')}${value.unreadable === 0 ? '' : `; ${value.unreadable} could not be read when it was made`}.`)
      return value
    }
  } finally {
    progress.end()
  }
}

async function openUnused (shell: Shell): Promise<Store> {
  try {
    return await openForWriting(shell)
  } catch (error) {
    if (error instanceof DataDirLocked) throw new CommandFailed(`${error.message}. Stop the bridge first, then run this again`)
    throw error
  }
}

async function restore (
  { source, store, saved, overwrite }: { source: BackupSource, store: Store, saved: BackupCounts, overwrite: boolean },
  { startProgress, signal }: Shell
): Promise<RestoreCounts> {
  const progress = startProgress('Restoring')
  let done = 0
  try {
    return await restoreBackup({
      entries: readEntries(source),
      store,
      overwrite,
      signal,
      onCaller: () => progress.progress(++done / saved.callers, count(done, 'caller'))
    })
  } finally {
    progress.end()
  }
}

function report ({ restored, replaced, kept, dropped, erased, mark, notes, ownNumbers, unreadable }: RestoreCounts, { say }: Shell): number {
  const lines: Array<[number, string]> = [
    [restored, 'restored'],
    [replaced, 'replaced'],
    [kept, 'already there, kept as they are'],
    [dropped, 'left out: erased or opted out since'],
    [erased, 'erased: the backup knows of a later erasure or an opt-out'],
    [mark, 'erased before, and still so'],
    [notes, 'of the notes for everybody are new'],
    [ownNumbers, 'of your own numbers are new']
  ]
  for (const [number, what] of lines) if (number > 0) say(`${number.toLocaleString('en').padStart(9)} ${what}`)
  if (unreadable.length === 0) {
    say('Done.')
    return EXIT.done
  }
  say(`${count(unreadable.length, 'caller')} in the store could not be read, and stayed as they are (sealed with a key that is not in DATA_ENCRYPTION_KEY): ${listNames(unreadable)}`)
  return EXIT.incomplete
}
