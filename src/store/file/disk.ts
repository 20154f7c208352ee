/** File work in threads: the main thread, which responds to calls, waits for messages and never for a disk. */
import { extname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { StorageUnavailable } from '../../errors.ts'
import { DISK_WORK, READING, type DiskOutcome, type DiskWork } from './disk-work.ts'
import { createThread, type Thread } from './thread.ts'

/** All file operations; each rejects with `StorageUnavailable` on an error of the system. */
export type Disk = {
  readonly [K in keyof typeof DISK_WORK]:
  (...args: Parameters<typeof DISK_WORK[K]>) => Promise<Awaited<ReturnType<typeof DISK_WORK[K]>>>
}

export function createDisk (run: (work: DiskWork) => Promise<DiskOutcome>): Disk {
  const names = Object.keys(DISK_WORK) as Array<keyof typeof DISK_WORK>
  const operation = (name: keyof typeof DISK_WORK) => async (...args: unknown[]) => valueOf(await run({ name, args }))
  return Object.fromEntries(names.map((name) => [name, operation(name)])) as unknown as Disk
}

function valueOf (outcome: DiskOutcome): unknown {
  if ('value' in outcome) return outcome.value
  const { error, ...system } = outcome
  throw 'code' in system ? new StorageUnavailable({ cause: Object.assign(error as Error, system) }) : error
}

/** Calls wait for these threads, so none of them writes. Two, because one may wait for an uncached file. */
export const READERS = 2

const script = new URL(`./disk-thread${extname(import.meta.url)}`, import.meta.url)

type DiskThread = Thread<DiskWork, DiskOutcome>

export const newDiskThread = (): DiskThread => createThread(script)

/** A probe passes through every thread, so one that hangs holds it up. */
export function threadDisk (readers: DiskThread[], writer: DiskThread): Disk {
  return createDisk(async (work) => {
    if (Object.hasOwn(READING, work.name)) {
      return await readers.reduce((least, reader) => reader.load < least.load ? reader : least).run(work)
    }
    if (work.name === 'probeFolder') {
      await Promise.all(readers.map((reader) => reader.run({ name: 'stampFiles', args: [work.args] })))
    }
    return await writer.run(work)
  })
}

const readers = Array.from({ length: READERS }, newDiskThread)
const writer = newDiskThread()

/** Shared by all stores of this process. */
export const diskThreads = threadDisk(readers, writer)

const IDLE_POLL_MS = 10

/** Resolves when no thread has work; never while one hangs. */
export async function diskIdle (): Promise<void> {
  while ([writer, ...readers].some(({ load }) => load > 0)) await sleep(IDLE_POLL_MS)
}
