import {
  prepareFolder, probeFolder, removeBeside, removeDurable, removeTemps, renameAt, writeDurable, writeLines
} from './durable-file.ts'
import { lockFolder, unlockFolder } from './folder-lock.ts'
import { listFolder, readFiles, stampFiles } from './stamped-file.ts'
import { isSystemError } from './system-error.ts'

export const READING = { readFiles, stampFiles, listFolder }
const WRITING = {
  writeDurable,
  writeLines,
  removeDurable,
  removeBeside,
  removeTemps,
  renameAt,
  prepareFolder,
  lockFolder,
  unlockFolder,
  probeFolder
}
export const DISK_WORK = { ...READING, ...WRITING }

export interface DiskWork {
  name: keyof typeof DISK_WORK
  args: unknown[]
}

/** Errors lose their code between threads, so those of the system take it along. */
export type DiskOutcome = { value: unknown } | { error: unknown, code?: string, syscall?: string }

/** Never rejects. */
export async function doDiskWork ({ name, args }: DiskWork): Promise<DiskOutcome> {
  try {
    const work = DISK_WORK[name] as (...args: unknown[]) => unknown
    return { value: await work(...args) }
  } catch (error) {
    return isSystemError(error) ? { error, code: error.code, syscall: error.syscall } : { error }
  }
}
