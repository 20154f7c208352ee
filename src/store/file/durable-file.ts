/**
 * Files that survive a power cut, whole or not at all. Every function here is synchronous: it runs in the threads of
 * `disk.ts`, never in the one that answers calls.
 */
import {
  chmodSync, closeSync, constants, fstatSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync,
  rmSync, statSync, writeFileSync, type BigIntStats
} from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** Tells one state of a file from another; null is a missing file. */
export type Stamp = string | null

/** The text of a file with its stamp. */
export interface StampedText {
  text: string
  stamp: Stamp
}

/** The files at `paths`, in that order; null where there is none. */
export function readFiles (paths: string[]): Array<StampedText | null> {
  return paths.map((path) => unless(['ENOENT'], () => readFile(path)))
}

/** The stamps of the files at `paths` as they are now. */
export function stampFiles (paths: string[]): Stamp[] {
  return paths.map(stampFile)
}

/**
 * Replaces a file: temp file beside it, write, fsync, rename, fsync of the folder. Mode 0600, new folders 0700.
 * The temp name is fixed, because there is one writer a file: a crash leaves one at most, and the next write takes it.
 *
 * @param base - what is replaced: when the file is at another stamp by then, nothing is written. Default: anything
 * @param isSoon - leaves out the fsync of the folder: a power cut may bring the old file back, whole
 * @returns the new stamp, or undefined when nothing was written
 */
export function writeDurable (path: string, text: string, base?: Stamp, isSoon = false): Stamp | undefined {
  const temp = tempName(path)
  const file = openNew(temp)
  let stamp: Stamp
  try {
    writeFileSync(file, text)
    fsyncSync(file)
    // Looked at last: somebody who deletes the file by hand while we write must not see it come back.
    if (base !== undefined && stampFile(path) !== base) {
      rmSync(temp)
      return undefined
    }
    renameSync(temp, path)
    stamp = stampOf(fstatSync(file, { bigint: true }))
  } finally {
    closeSync(file)
  }
  if (!isSoon) syncFolder(dirname(path))
  return stamp
}

/** Deletes a file and its temp file, durably. Missing ones are fine. */
export function removeDurable (path: string): void {
  rmSync(path, { force: true })
  rmSync(tempName(path), { force: true })
  unless(['ENOENT'], () => syncFolder(dirname(path)))
}

/** Deletes what stands beside a file under its name with an ending: temp files, copies that were set aside. Resolves to how many. */
export function removeBeside (path: string): number {
  const names = listFolder(dirname(path)).filter((name) => name.startsWith(`${basename(path)}.`))
  for (const name of names) rmSync(join(dirname(path), name), { force: true })
  if (names.length > 0) syncFolder(dirname(path))
  return names.length
}

/** Renames a file within its folder, durably; false when it is at another stamp by now. */
export function renameAt (path: string, stamp: Stamp, name: string): boolean {
  if (stampFile(path) !== stamp) return false
  renameSync(path, join(dirname(path), name))
  syncFolder(dirname(path))
  return true
}

/** The names in a folder; none when there is no such folder. */
export function listFolder (folder: string): string[] {
  return unless(['ENOENT'], () => readdirSync(folder)) ?? []
}

/** Makes a folder that only its owner may look into, also when it was there before; one that is not ours stays as it is. */
export function prepareFolder (folder: string): void {
  makeFolder(folder)
  if ((statSync(folder).mode & 0o077) !== 0) unless(['EPERM'], () => chmodSync(folder, 0o700))
}

/** Writes a file, reads it back and deletes it. There can be one at a time. */
export function probeFolder (folder: string): void {
  const path = join(folder, 'probe.json')
  writeDurable(path, 'ok')
  readFile(path)
  rmSync(path)
}

function readFile (path: string): StampedText {
  const file = openSync(path, constants.O_RDONLY)
  try {
    return { stamp: stampOf(fstatSync(file, { bigint: true })), text: readFileSync(file, 'utf8') }
  } finally {
    closeSync(file)
  }
}

/** Opens a file for writing, with the folders that it needs. */
function openNew (path: string): number {
  const open = () => openSync(path, 'w', 0o600)
  const file = unless(['ENOENT'], open)
  if (file !== null) return file
  makeFolder(dirname(path))
  return open()
}

/** Makes a folder, mode 0700, and its parents, and makes them last. */
function makeFolder (folder: string): void {
  const first = mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  for (let made = folder; made.length >= first.length; made = dirname(made)) syncFolder(dirname(made))
}

/** Makes what was renamed or deleted in a folder last. */
export function syncFolder (folder: string): void {
  const handle = openSync(folder, constants.O_RDONLY)
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** The stamp of a file. Every replacement has another inode or another time of change. */
function stampFile (path: string): Stamp {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stats === undefined ? null : stampOf(stats)
}

function stampOf ({ ino, size, mtimeNs, ctimeNs }: BigIntStats): Stamp {
  return [ino, size, mtimeNs, ctimeNs].join(':')
}

function tempName (path: string): string {
  return `${path}.tmp`
}

/** What `work` gives, or null when it fails with one of these error codes. */
function unless<T> (codes: string[], work: () => T): T | null {
  try {
    return work()
  } catch (error) {
    if (error instanceof Error && 'code' in error && codes.includes(String(error.code))) return null
    throw error
  }
}
