/** One process per folder. The lock file tells a live holder from a crash and from a reused process id. */
import { randomUUID } from 'node:crypto'
import { link, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { pid, kill } from 'node:process'
import { DataDirLocked, StorageUnavailable } from '../../errors.ts'
import { parseJson } from '../../json.ts'
import { isSystemError } from './system-error.ts'

interface Holder {
  pid: number
  host: string
  /** Start of the process in clock ticks since boot; null without /proc. */
  started: string | null
  /** Boot id of the machine; null without /proc. */
  boot: string | null
  /** Namespace of the process id: containers count theirs from 1. */
  namespace: string | null
}

export const LOCK_FILE = 'bridge.lock'

/**
 * Locks `folder` until the returned function is called. Takes over a lock that a crash left.
 *
 * @throws {DataDirLocked} a live process holds it, or one on another machine or in another container
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html for the start time, field 22
 */
export async function lockFolder (folder: string): Promise<() => Promise<void>> {
  return await storage(async () => await lock(join(folder, LOCK_FILE), await ourselves()))
}

async function lock (path: string, us: Holder): Promise<() => Promise<void>> {
  const candidate = `${path}.${randomUUID()}`
  try {
    await writeFile(candidate, JSON.stringify(us), { mode: 0o600 })
    while (!await tryLink(candidate, path)) {
      const found = await orNull(readFile(path, 'utf8'), 'ENOENT')
      if (found === null) continue
      const why = await whyHeld(readHolder(found), us, basename(path))
      if (why !== null) throw new DataDirLocked(dirname(path), why)
      await removeStale(path, found, us)
    }
  } finally {
    await rm(candidate, { force: true })
  }
  return async () => await storage(() => rm(path, { force: true }))
}

/** `link` fails when there is a lock, and never leaves half a file. */
async function tryLink (candidate: string, path: string): Promise<boolean> {
  return await orNull(link(candidate, path).then(() => true), 'EEXIST') ?? false
}

/** Uses a lock of its own: the slower of two processes would otherwise delete the new lock of the faster one. */
async function removeStale (path: string, stale: string, us: Holder): Promise<void> {
  const unlock = await lock(`${path}.takeover`, us)
  try {
    if (await orNull(readFile(path, 'utf8'), 'ENOENT') === stale) await rm(path)
  } finally {
    await unlock()
  }
}

/** Names the holder; null when it is gone. */
async function whyHeld (holder: Holder | null, us: Holder, lockFile: string): Promise<string | null> {
  if (holder === null) return null
  const elsewhere = `process ${holder.pid} on ${holder.host}, which cannot be checked from here ` +
    `(if it has ended, delete ${lockFile})`
  if (holder.boot !== us.boot) return holder.host === us.host ? null : elsewhere
  if (holder.namespace !== us.namespace) return elsewhere
  const alive = holder.started === null ? isRunning(holder.pid) : await startOf(holder.pid) === holder.started
  return alive ? `process ${holder.pid}` : null
}

async function ourselves (): Promise<Holder> {
  const boot = await orNull(readFile('/proc/sys/kernel/random/boot_id', 'utf8'), 'ENOENT')
  return {
    pid,
    host: hostname(),
    started: await startOf(pid),
    boot: boot?.trim() ?? null,
    namespace: await orNull(readlink('/proc/self/ns/pid'), 'ENOENT')
  }
}

/** Null when there is no such process, or only a zombie. The name in field 2 may contain spaces and parentheses. */
async function startOf (processId: number): Promise<string | null> {
  const line = await orNull(readFile(`/proc/${processId}/stat`, 'utf8'), 'ENOENT', 'ESRCH')
  const [state, ...others] = line?.slice(line.lastIndexOf(')') + 2).split(' ') ?? []
  return state === 'Z' ? null : others[18] ?? null
}

function isRunning (processId: number): boolean {
  try {
    return kill(processId, 0)
  } catch (error) {
    if (error instanceof Error && 'code' in error) return error.code === 'EPERM'
    throw error
  }
}

/** Null for a lock file that a power cut left empty or torn: its writer is gone. */
function readHolder (text: string): Holder | null {
  const holder = parseJson(text) as Holder | null | undefined
  return typeof holder?.pid === 'number' ? holder : null
}

async function orNull<T> (pending: Promise<T>, ...codes: string[]): Promise<T | null> {
  try {
    return await pending
  } catch (error) {
    if (error instanceof Error && 'code' in error && codes.includes(String(error.code))) return null
    throw error
  }
}

async function storage<T> (work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (isSystemError(error)) throw new StorageUnavailable({ cause: error })
    throw error
  }
}
