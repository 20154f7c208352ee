/** Writes a file that only appears once it is complete, so that half a backup cannot be mistaken for one. */
import { createWriteStream } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pid } from 'node:process'
import { CommandFailed } from '../errors.ts'
import { syncFolder } from '../store/file/durable-file.ts'
import { isMissing } from '../store/file/system-error.ts'
import { orNull } from '../store/unreadable.ts'

/**
 * Writes to a temp file with mode 0600, and renames it once it is on disk. A failed write leaves nothing behind.
 *
 * @param write - resolves when the sink was ended
 * @throws {CommandFailed} the path exists and `overwrite` is false, or it is not a file
 */
export async function writeWholeFile<T> (
  path: string, { overwrite }: { overwrite: boolean }, write: (sink: NodeJS.WritableStream) => Promise<T>
): Promise<T> {
  await refuseExisting(path, overwrite)
  const temp = `${path}.${pid}.tmp`
  const sink = createWriteStream(temp, { flags: 'wx', mode: 0o600, flush: true })
  const closed = new Promise<void>((resolve) => { sink.once('close', resolve) })
  sink.on('error', () => { /* `write` rejects with it */ })
  try {
    const result = await write(sink)
    await closed
    await rename(temp, path)
    await syncFolder(dirname(path))
    return result
  } finally {
    sink.destroy()
    await closed
    await rm(temp, { force: true })
  }
}

async function refuseExisting (path: string, overwrite: boolean): Promise<void> {
  const found = await orNull(isMissing, stat(path))
  if (found === null) return
  if (!found.isFile()) throw new CommandFailed(`${path} is not a file: give the name of one, or - for standard output`)
  if (!overwrite) throw new CommandFailed(`${path} already exists: give another name, or --force to replace it`)
}
