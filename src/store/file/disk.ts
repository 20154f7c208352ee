/**
 * File work in threads of its own: however long the disk takes, the thread that answers calls goes on, and a whole
 * piece of work costs it one message instead of ten rounds through libuv.
 */
import { extname } from 'node:path'
import { Piscina } from 'piscina'
import { StorageUnavailable } from '../../errors.ts'
import type { DiskOutcome, DiskWork } from './disk-thread.ts'
import type * as durableFile from './durable-file.ts'

/** The functions of `durable-file.ts`, each resolving to what it returns, or rejecting with `StorageUnavailable`. */
export type Disk = {
  readonly [K in keyof typeof durableFile]: (...args: Parameters<typeof durableFile[K]>) => Promise<ReturnType<typeof durableFile[K]>>
}

/**
 * Pieces of work at the same time. More than there are cores: a thread mostly waits for the disk. Stores leave some
 * of them to reading.
 */
export const DISK_THREADS = 4

/** A disk whose work is done by `run`. */
export function createDisk (run: (work: DiskWork) => Promise<DiskOutcome>): Disk {
  return new Proxy({} as Disk, {
    get: (_, name) => async (...args: unknown[]) => {
      const outcome = await run({ name: name as DiskWork['name'], args })
      if ('value' in outcome) return outcome.value
      const { message, ...error } = outcome.systemError
      throw new StorageUnavailable({ cause: Object.assign(new Error(message), error) })
    }
  })
}

let threads: Piscina | null = null

/** The disk of this process: all stores share its threads, which start with the first work and end with the process. */
export const diskThreads = createDisk(async (work) => {
  threads ??= new Piscina({
    filename: new URL(`./disk-thread${extname(import.meta.url)}`, import.meta.url).href,
    minThreads: DISK_THREADS,
    maxThreads: DISK_THREADS,
    idleTimeout: Infinity
  })
  return await threads.run(work) as DiskOutcome
})
