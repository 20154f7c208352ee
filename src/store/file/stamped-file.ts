/**
 * Reading files, each with a stamp that tells one state of it from another. Everything here is synchronous: it runs in the
 * threads of `disk.ts`, never in the one that answers calls.
 */
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, statSync, type BigIntStats } from 'node:fs'
import { ignoring } from './system-error.ts'

/** Tells one state of a file from another; null is a missing file. */
export type Stamp = string | null

/** The text of a file with its stamp. */
export interface StampedText {
  text: string
  stamp: Stamp
}

/** The files at `paths`, in that order; null where there is none. */
export function readFiles (paths: string[]): Array<StampedText | null> {
  return paths.map((path) => ignoring(['ENOENT'], () => readFile(path)))
}

/** The stamps of the files at `paths` as they are now. */
export function stampFiles (paths: string[]): Stamp[] {
  return paths.map(stampFile)
}

/** The names in a folder; none when there is no such folder. */
export function listFolder (folder: string): string[] {
  return ignoring(['ENOENT'], () => readdirSync(folder)) ?? []
}

export function readFile (path: string): StampedText {
  const file = openSync(path, constants.O_RDONLY)
  try {
    return { stamp: stampOpen(file), text: readFileSync(file, 'utf8') }
  } finally {
    closeSync(file)
  }
}

export function stampFile (path: string): Stamp {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stats === undefined ? null : stampOf(stats)
}

/** The stamp of a file that is open. */
export function stampOpen (file: number): Stamp {
  return stampOf(fstatSync(file, { bigint: true }))
}

/** Every replacement has another inode or another time of change. */
function stampOf ({ ino, size, mtimeNs, ctimeNs }: BigIntStats): Stamp {
  return [ino, size, mtimeNs, ctimeNs].join(':')
}
