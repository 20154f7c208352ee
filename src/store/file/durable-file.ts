/** Files that survive a power cut, whole or not at all. */
import { constants } from 'node:fs'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Tells one state of a file from another; null is a missing file. */
export type Stamp = string | null

/** `text` of a file with its stamp, or null when there is none. Other errors pass through. */
export async function readDurable (path: string): Promise<{ text: string, stamp: Stamp } | null> {
  const file = await orNull(open(path, constants.O_RDONLY), 'ENOENT')
  if (file === null) return null
  try {
    const stamp = stampOf(await file.stat({ bigint: true }))
    return { text: await file.readFile('utf8'), stamp }
  } finally {
    await file.close()
  }
}

/** The stamp of a file as it is now. Every replacement has another inode or another time of change. */
export async function stampFile (path: string): Promise<Stamp> {
  const stats = await orNull(stat(path, { bigint: true }), 'ENOENT')
  return stats === null ? null : stampOf(stats)
}

/**
 * Replaces a file: temp file beside it, write, fsync, rename, fsync of the folder. Mode 0600, new folders 0700.
 * The temp name is fixed, because there is one writer a file: a crash leaves one at most, and the next write takes it.
 *
 * @param base - what is replaced: when the file is at another stamp by then, nothing is written
 * @returns the new stamp, or undefined when nothing was written
 */
export async function writeDurable (path: string, text: string, base?: Stamp): Promise<Stamp | undefined> {
  await makeFolder(dirname(path))
  const temp = tempName(path)
  const file = await open(temp, 'w', 0o600)
  let stamp: Stamp
  try {
    await file.writeFile(text)
    await file.sync()
    // Looked at last: somebody who deletes the file by hand while we write must not see it come back.
    if (base !== undefined && await stampFile(path) !== base) {
      await rm(temp)
      return undefined
    }
    await rename(temp, path)
    stamp = stampOf(await file.stat({ bigint: true }))
  } finally {
    await file.close()
  }
  await syncFolder(dirname(path))
  return stamp
}

/** Deletes a file and its temp file, durably. Missing ones are fine. */
export async function removeDurable (path: string): Promise<void> {
  await rm(path, { force: true })
  await rm(tempName(path), { force: true })
  await orNull(syncFolder(dirname(path)), 'ENOENT')
}

/** Makes a folder, mode 0700, and its parents, and makes them last. */
export async function makeFolder (folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made))
}

/** Makes what was renamed or deleted in a folder last. */
export async function syncFolder (folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** What `pending` resolves to, or null when it fails with one of these error codes. */
export async function orNull<T> (pending: Promise<T>, ...codes: string[]): Promise<T | null> {
  try {
    return await pending
  } catch (error) {
    if (error instanceof Error && 'code' in error && codes.includes(String(error.code))) return null
    throw error
  }
}

function tempName (path: string): string {
  return `${path}.tmp`
}

function stampOf ({ ino, size, mtimeNs, ctimeNs }: { ino: bigint, size: bigint, mtimeNs: bigint, ctimeNs: bigint }): Stamp {
  return [ino, size, mtimeNs, ctimeNs].join(':')
}
