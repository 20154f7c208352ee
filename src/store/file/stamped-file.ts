/** Reads files. Synchronous, because it runs in the disk threads. */
import {
  closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, statSync, type BigIntStats
} from 'node:fs'
import { ignoring } from './system-error.ts'

/** Tells one state of a file from another; null for a missing file. */
export type Stamp = string | null

export interface StampedText {
  text: string
  stamp: Stamp
}

/** In the order of `paths`; null where there is no file. */
export function readFiles (paths: string[]): Array<StampedText | null> {
  return paths.map((path) => ignoring(['ENOENT'], () => readFile(path)))
}

export function stampFiles (paths: string[]): Stamp[] {
  return paths.map(stampFile)
}

/** Empty when there is no such folder. */
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

export function stampOpen (file: number): Stamp {
  return stampOf(fstatSync(file, { bigint: true }))
}

/** Every replacement has a new inode or change time. */
function stampOf ({ ino, size, mtimeNs, ctimeNs }: BigIntStats): Stamp {
  return [ino, size, mtimeNs, ctimeNs].join(':')
}
