/** One process a folder: a lock file that tells a living holder from a crash and from a reused process id. */
import { randomUUID } from 'node:crypto'
import { link, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { pid, kill } from 'node:process'
import { DataDirLocked, StorageUnavailable } from '../../errors.ts'
import { parseJson } from '../../parse-json.ts'
import { isSystemError } from './system-error.ts'

/** Who holds a folder. */
interface Holder {
  pid: number
  host: string
  /** Start of the process in clock ticks since boot, from /proc; null where there is no /proc. */
  started: string | null
  /** Boot id of the machine; null where there is no /proc. */
  boot: string | null
  /** Namespace of the process id: containers count theirs from 1. */
  namespace: string | null
}

const LOCK_FILE = 'bridge.lock'

/**
 * Locks `folder` until the returned function is called. A lock that a crash left behind is taken over.
 *
 * @throws {DataDirLocked} a living process holds it, or one on another machine or in another container, which
 *   cannot be looked at: the text names it
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

/** Whether the lock is now ours: linking fails when there is one, and never leaves half a file. */
async function tryLink (claim: string, path: string): Promise<boolean> {
  return await orNull(link(claim, path).then(() => true), 'EEXIST') ?? false
}

/**
 * Deletes a stale lock, under a lock of its own: of two processes that found the same stale lock, the slower
 * one would otherwise delete the lock that the quicker one has taken since.
 */
async function removeStale (path: string, stale: string, us: Holder): Promise<void> {
  const unlock = await lock(`${path}.takeover`, us)
  try {
    if (await orNull(readFile(path, 'utf8'), 'ENOENT') === stale) await rm(path)
  } finally {
    await unlock()
  }
}

/** Who holds the lock, in words, or null when nobody does any more. */
async function whyHeld (holder: Holder | null, us: Holder, lockFile: string): Promise<string | null> {
  if (holder === null) return null
  const elsewhere = `process ${holder.pid} on ${holder.host}, which cannot be seen from here (if it is gone, delete ${lockFile})`
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

/**
 * When a process started, or null when there is none, or only what its parent has not noticed the end of.
 * The name in field 2 may hold spaces and parentheses.
 */
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

/** Null for a lock file that a power cut left empty or torn: whoever wrote it is gone. */
function readHolder (text: string): Holder | null {
  const holder = parseJson(text) as Holder | null | undefined
  return typeof holder?.pid === 'number' ? holder : null
}

/** What `pending` resolves to, or null when it fails with one of these error codes. */
async function orNull<T> (pending: Promise<T>, ...codes: string[]): Promise<T | null> {
  try {
    return await pending
  } catch (error) {
    if (error instanceof Error && 'code' in error && codes.includes(String(error.code))) return null
    throw error
  }
}

/** Runs file work; an error of the system becomes a `StorageUnavailable` that keeps it as its cause. */
async function storage<T> (work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (isSystemError(error)) throw new StorageUnavailable({ cause: error })
    throw error
  }
}
