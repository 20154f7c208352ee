/** File work that does not hold up whoever asks for it: the thread that answers calls waits for a message, never for a disk. */
import { extname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { StorageUnavailable } from '../../errors.ts'
import { DISK_WORK, READING, type DiskOutcome, type DiskWork } from './disk-work.ts'
import { createThread, type Thread } from './thread.ts'

/** The file work that there is, each resolving to what it gives, or rejecting with `StorageUnavailable`. */
export type Disk = {
  readonly [K in keyof typeof DISK_WORK]: (...args: Parameters<typeof DISK_WORK[K]>) => Promise<Awaited<ReturnType<typeof DISK_WORK[K]>>>
}

/** A disk whose work is done by `run`. */
export function createDisk (run: (work: DiskWork) => Promise<DiskOutcome>): Disk {
  const names = Object.keys(DISK_WORK) as Array<keyof typeof DISK_WORK>
  return Object.fromEntries(names.map((name) => [name, async (...args: unknown[]) => valueOf(await run({ name, args }))])) as unknown as Disk
}

function valueOf (outcome: DiskOutcome): unknown {
  if ('value' in outcome) return outcome.value
  if ('defect' in outcome) throw outcome.defect
  const { message, ...error } = outcome.systemError
  throw new StorageUnavailable({ cause: Object.assign(new Error(message), error) })
}

/** Threads that read. Calls wait for them, so no write goes there; two, because one may wait for a file that is not in memory. */
export const READERS = 2

const script = new URL(`./disk-thread${extname(import.meta.url)}`, import.meta.url)

type DiskThread = Thread<DiskWork, DiskOutcome>

export const newDiskThread = (): DiskThread => createThread(script)

/** A disk whose work is done by threads. A probe passes through each of them: one that hangs keeps it waiting. */
export function threadDisk (readers: DiskThread[], writer: DiskThread): Disk {
  return createDisk(async (work) => {
    if (Object.hasOwn(READING, work.name)) return await readers.reduce((least, reader) => reader.load < least.load ? reader : least).run(work)
    if (work.name === 'probeFolder') await Promise.all(readers.map((reader) => reader.run({ name: 'stampFiles', args: [work.args] })))
    return await writer.run(work)
  })
}

const readers = Array.from({ length: READERS }, newDiskThread)
const writer = newDiskThread()

/** The disk of this process: all stores share its threads. */
export const diskThreads = threadDisk(readers, writer)

/** How often is looked whether the threads are idle, in milliseconds. */
const IDLE_LOOK_MS = 10

/** Resolves when no thread has work: never, while one hangs. */
export async function diskIdle (): Promise<void> {
  while ([writer, ...readers].some(({ load }) => load > 0)) await sleep(IDLE_LOOK_MS)
}
