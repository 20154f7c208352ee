/** A file that is there when it is whole, and not before: for a backup, whose half would be taken for one. */
import { createWriteStream } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pid } from 'node:process'
import { CommandFailed } from '../errors.ts'
import { syncFolder } from '../store/file/durable-file.ts'

/**
 * Writes beside the file, mode 0600, and puts it in place once it is on disk. Of a write that fails nothing is left.
 *
 * @param write - resolves when the sink was ended
 * @throws {CommandFailed} there is something of that name, unless it is a file and may be replaced
 */
export async function writeWholeFile<T> (path: string, { overwrite }: { overwrite: boolean }, write: (sink: NodeJS.WritableStream) => Promise<T>): Promise<T> {
  await refuseExisting(path, overwrite)
  const temp = `${path}.${pid}.tmp`
  const sink = createWriteStream(temp, { flags: 'wx', mode: 0o600, flush: true })
  const closed = new Promise<void>((resolve) => { sink.once('close', resolve) })
  sink.on('error', () => { /* whoever writes hears of it */ })
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
  try {
    const found = await stat(path)
    if (!found.isFile()) throw new CommandFailed(`${path} is no file: give the name of one, or - for standard output`)
    if (!overwrite) throw new CommandFailed(`${path} is there already: give another name, or --force to replace it`)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}
