/**
 * Files that survive a power cut, whole or not at all. It runs in a thread of `disk.ts`, never in the one that
 * answers calls: all is synchronous but the flushes, which take longest and go on side by side, because a disk makes
 * several last in hardly more time than one.
 */
import { chmodSync, closeSync, constants, fsync, mkdirSync, openSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { listFolder, readFile, stampFile, stampOpen, type Stamp } from './stamped-file.ts'
import { isSystemError, ignoring } from './system-error.ts'

const flush = promisify(fsync)

/** A temp file is always a new one: a link that somebody planted under its name must not be followed. */
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW

/** Temp files that are being written. */
const inUse = new Set<string>()

/**
 * Replaces a file: temp file beside it, write, fsync, rename, fsync of the folder. Mode 0600, new folders 0700.
 * The temp name is fixed, because there is one writer a file: a crash leaves one at most, and the next write replaces it.
 *
 * @param base - what is replaced: when the file is at another stamp by then, nothing is written. Default: anything
 * @param isSoon - leaves out the fsync of the folder: a power cut may bring the old file back, whole
 * @returns the new stamp, or undefined when nothing was written
 */
export async function writeDurable (path: string, text: string, base?: Stamp, isSoon = false): Promise<Stamp | undefined> {
  const temp = tempName(path)
  inUse.add(temp)
  try {
    const stamp = await replace(path, temp, text, base)
    if (stamp !== undefined && !isSoon) await syncFolder(dirname(path))
    return stamp
  } finally {
    inUse.delete(temp)
  }
}

async function replace (path: string, temp: string, text: string, base: Stamp | undefined): Promise<Stamp | undefined> {
  const file = await openNew(temp)
  let stamp: Stamp | undefined
  try {
    writeFileSync(file, text)
    await flush(file)
    // Looked at last: somebody who deletes the file by hand while we write must not see it come back.
    if (base === undefined || stampFile(path) === base) {
      renameSync(temp, path)
      stamp = stampOpen(file)
    }
    return stamp
  } finally {
    closeSync(file)
    // What a failed write leaves holds a caller's words, and nobody who deletes the file by hand would think of it.
    if (stamp === undefined) rmSync(temp, { force: true })
  }
}

/** Deletes a file and its temp file, durably. Missing ones are fine. */
export async function removeDurable (path: string): Promise<void> {
  rmSync(path, { force: true })
  rmSync(tempName(path), { force: true })
  const folder = ignoring(['ENOENT'], () => openFolder(dirname(path)))
  if (folder !== null) await flushAndClose(folder)
}

/** Deletes what stands beside a file under its name with an ending: temp files, copies that were set aside. Resolves to how many. */
export async function removeBeside (path: string): Promise<number> {
  const names = listFolder(dirname(path)).filter((name) => name.startsWith(`${basename(path)}.`))
  for (const name of names) rmSync(join(dirname(path), name), { force: true })
  if (names.length > 0) await syncFolder(dirname(path))
  return names.length
}

/** Deletes the temp files in a folder that nobody is writing: a crash left them. A folder under such a name stays. */
export function removeTemps (folder: string): void {
  for (const name of listFolder(folder)) {
    const path = join(folder, name)
    if (name.endsWith(tempName('.json')) && !inUse.has(path)) ignoring(['ENOENT', 'EISDIR'], () => unlinkSync(path))
  }
}

/** Renames a file within its folder, durably; false when it is at another stamp by now. */
export async function renameAt (path: string, stamp: Stamp, name: string): Promise<boolean> {
  if (stampFile(path) !== stamp) return false
  renameSync(path, join(dirname(path), name))
  await syncFolder(dirname(path))
  return true
}

/** Makes a folder that only its owner may look into, also when it was there before; one that is not ours stays as it is. */
export async function prepareFolder (folder: string): Promise<void> {
  await makeFolder(folder)
  if ((statSync(folder).mode & 0o077) !== 0) ignoring(['EPERM'], () => chmodSync(folder, 0o700))
}

/** Writes a file, reads it back and deletes it. There can be one at a time. */
export async function probeFolder (folder: string): Promise<void> {
  const path = join(folder, 'probe.json')
  await writeDurable(path, 'ok')
  readFile(path)
  rmSync(path)
}

/** Makes what was renamed or deleted in a folder last. */
export async function syncFolder (folder: string): Promise<void> {
  await flushAndClose(openFolder(folder))
}

/** Opens a new file for writing, with the folders that it needs, in place of what has its name. */
async function openNew (path: string): Promise<number> {
  const open = () => openSync(path, NEW_FILE, 0o600)
  try {
    return open()
  } catch (error) {
    if (isSystemError(error) && error.code === 'EEXIST') unlinkSync(path)
    else if (isSystemError(error) && error.code === 'ENOENT') await makeFolder(dirname(path))
    else throw error
    return open()
  }
}

/** Makes a folder, mode 0700, and its parents, and makes them last. */
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
