/**
 * Files that survive a power cut, whole or not at all. Runs in the disk threads, so only the flushes are asynchronous:
 * they take longest, and a disk does several in hardly more time than one.
 */
import {
  chmodSync, closeSync, constants, fdatasync, fstatSync, fsync, ftruncateSync, mkdirSync, openSync, renameSync, rmSync,
  statSync, unlinkSync, writeFileSync, writeSync
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { listFolder, readFile, stampFile, stampOpen, type Stamp } from './stamped-file.ts'
import { isSystemError, ignoring } from './system-error.ts'

const flush = promisify(fsync)
const flushData = promisify(fdatasync)

/** Only a new file: a link planted under the temp name must not be followed. */
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW

const LINES_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW

const tempsInUse = new Set<string>()

/**
 * Replaces a file: temp file, fsync, rename, fsync of the folder. Mode 0600, new folders 0700. The temp name is fixed:
 * a crash leaves one temp file at most, and the next write replaces it.
 *
 * @param base - if the file has another stamp by then, nothing is written. Default: any stamp
 * @returns the new stamp, or undefined when nothing was written
 */
export async function writeDurable (
  path: string, text: string | Uint8Array, base?: Stamp
): Promise<Stamp | undefined> {
  const temp = tempName(path)
  tempsInUse.add(temp)
  try {
    const stamp = await replace(path, temp, text, base)
    if (stamp !== undefined) await syncFolder(dirname(path))
    return stamp
  } finally {
    tempsInUse.delete(temp)
  }
}

async function replace (
  path: string, temp: string, text: string | Uint8Array, base: Stamp | undefined
): Promise<Stamp | undefined> {
  const file = await openNew(temp)
  let stamp: Stamp | undefined
  try {
    writeFileSync(file, text)
    await flush(file)
    // Checked last: a file that is deleted by hand while we write must not come back.
    if (base === undefined || stampFile(path) === base) {
      renameSync(temp, path)
      stamp = stampOpen(file)
    }
    return stamp
  } finally {
    closeSync(file)
    // The temp file holds a caller's words. Nobody who deletes the file by hand would think of it.
    if (stamp === undefined) rmSync(temp, { force: true })
  }
}

/** Missing files are fine. */
export async function removeDurable (path: string): Promise<void> {
  rmSync(path, { force: true })
  rmSync(tempName(path), { force: true })
  const folder = ignoring(['ENOENT'], () => openFolder(dirname(path)))
  if (folder !== null) await flushAndClose(folder)
}

/** Deletes the temp file and the quarantined copies of a file, but not the file. Resolves to how many. */
export async function removeBeside (path: string): Promise<number> {
  const names = listFolder(dirname(path)).filter((name) => name.startsWith(`${basename(path)}.`))
  for (const name of names) rmSync(join(dirname(path), name), { force: true })
  if (names.length > 0) await syncFolder(dirname(path))
  return names.length
}

export interface LineWrites {
  path: string
  /** Bytes of the file that are good: whatever a failed write left behind them is cut off. */
  size: number
  /** Is written there; may be empty. */
  text: string
  /** Lines of this or other files that are overwritten with spaces. Bytes, with the line break. */
  blanks: Array<{ path: string, offset: number, length: number }>
  /** Paths of files to delete. */
  deleted: string[]
}

/** Durable. After a failure it can be repeated as it is. A missing file has no lines to overwrite. */
export async function writeLines ({ path, size, text, blanks, deleted }: LineWrites): Promise<void> {
  if (text !== '') {
    const isNew = stampFile(path) === null
    const file = await openMaking(path, LINES_FILE)
    await writeAndClose(file, [[size, Buffer.from(text)]], size)
    if (isNew) await syncFolder(dirname(path))
  }
  for (const blanked of new Set(blanks.map((blank) => blank.path))) {
    const file = ignoring(['ENOENT'], () => openSync(blanked, constants.O_WRONLY | constants.O_NOFOLLOW))
    if (file === null) continue
    const lines = blanks.filter((blank) => blank.path === blanked)
    await writeAndClose(file, lines.map(({ offset, length }) => [offset, Buffer.alloc(length - 1, ' ')]))
  }
  for (const each of deleted) rmSync(each, { force: true })
  if (deleted.length > 0) await syncFolder(dirname(deleted[0]!))
}

async function writeAndClose (
  file: number, pieces: Array<[offset: number, bytes: Buffer]>, size?: number
): Promise<void> {
  try {
    if (size !== undefined) {
      ftruncateSync(file, Math.min(size, fstatSync(file).size))
      // Shorter when the file was deleted by hand: a gap would be zero bytes, with which a line is no JSON.
      const gap = size - fstatSync(file).size
      if (gap > 0) pieces = [[size - gap, Buffer.alloc(gap, ' ')], ...pieces]
    }
    for (const [offset, bytes] of pieces) {
      let done = 0
      while (done < bytes.length) done += writeSync(file, bytes, done, bytes.length - done, offset + done)
    }
    await flushData(file)
  } finally {
    closeSync(file)
  }
}

/** Deletes temp files that a crash left. Those being written stay, and so does a folder with such a name. */
export function removeTemps (folder: string): void {
  for (const name of listFolder(folder)) {
    const path = join(folder, name)
    const isLeft = name.endsWith(tempName('.json')) && !tempsInUse.has(path)
    if (isLeft) ignoring(['ENOENT', 'EISDIR'], () => unlinkSync(path))
  }
}

/** Durable. False if the stamp has changed: then nothing was renamed. */
export async function renameAt (path: string, stamp: Stamp, name: string): Promise<boolean> {
  if (stampFile(path) !== stamp) return false
  renameSync(path, join(dirname(path), name))
  await syncFolder(dirname(path))
  return true
}

/** Creates a folder, or makes an existing one private to its owner. A folder that is not ours stays as it is. */
export async function prepareFolder (folder: string): Promise<void> {
  await makeFolder(folder)
  if ((statSync(folder).mode & 0o077) !== 0) ignoring(['EPERM'], () => chmodSync(folder, 0o700))
}

/** Only one probe may run at a time. */
export async function probeFolder (folder: string): Promise<void> {
  const path = join(folder, 'probe.json')
  await writeDurable(path, 'ok')
  readFile(path)
  rmSync(path)
}

/** Makes renames and deletions in a folder durable. */
export async function syncFolder (folder: string): Promise<void> {
  await flushAndClose(openFolder(folder))
}

/** Replaces a file of that name. */
async function openNew (path: string): Promise<number> {
  try {
    return await openMaking(path, NEW_FILE)
  } catch (error) {
    if (!(isSystemError(error) && error.code === 'EEXIST')) throw error
    unlinkSync(path)
    return await openMaking(path, NEW_FILE)
  }
}

/** Creates missing folders. */
async function openMaking (path: string, flags: number): Promise<number> {
  const open = () => openSync(path, flags, 0o600)
  const file = ignoring(['ENOENT'], open)
  if (file !== null) return file
  await makeFolder(dirname(path))
  return open()
}

async function makeFolder (folder: string): Promise<void> {
  const first = mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made))
}

function openFolder (folder: string): number {
  return openSync(folder, constants.O_RDONLY)
}

async function flushAndClose (handle: number): Promise<void> {
  try {
    await flush(handle)
  } finally {
    closeSync(handle)
  }
}

function tempName (path: string): string {
  return `${path}.tmp`
}
