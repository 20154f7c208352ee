/**
 * One process per folder; runs in a disk thread. The lock file tells a live holder from a crash and from a reused
 * process id.
 */
import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, join } from 'node:path'
import { pid, kill } from 'node:process'
import { parseJson } from '../../json.ts'
import { ignoring, isSystemError } from './system-error.ts'

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
 * Null when `folder` is locked for this process, which may take over a lock that a crash left. Otherwise who holds it:
 * a live process, or one on another machine or in another container.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html for the start time, field 22
 */
export function lockFolder (folder: string): string | null {
  return lock(join(folder, LOCK_FILE), ourselves())
}

export function unlockFolder (folder: string): void {
  rmSync(join(folder, LOCK_FILE), { force: true })
}

function lock (path: string, us: Holder): string | null {
  const candidate = `${path}.${randomUUID()}`
  try {
    writeFileSync(candidate, JSON.stringify(us), { mode: 0o600 })
    while (!tryLink(candidate, path)) {
      const found = readOrNull(path)
      if (found === null) continue
      const holder = whyHeld(readHolder(found), us, basename(path)) ?? removeStale(path, found, us)
      if (holder !== null) return holder
    }
    return null
  } finally {
    rmSync(candidate, { force: true })
  }
}

/** `link` fails when there is a lock, and never leaves half a file. */
function tryLink (candidate: string, path: string): boolean {
  return ignoring(['EEXIST'], () => {
    linkSync(candidate, path)
    return true
  }) ?? false
}

/** Uses a lock of its own: the slower of two processes would otherwise delete the new lock of the faster one. */
function removeStale (path: string, stale: string, us: Holder): string | null {
  const takeover = `${path}.takeover`
  const holder = lock(takeover, us)
  if (holder !== null) return holder
  try {
    if (readOrNull(path) === stale) rmSync(path)
    return null
  } finally {
    rmSync(takeover, { force: true })
  }
}

/** Names the holder; null when it is gone. */
function whyHeld (holder: Holder | null, us: Holder, lockFile: string): string | null {
  if (holder === null) return null
  const elsewhere = `process ${holder.pid} on ${holder.host}, which cannot be checked from here ` +
    `(if it has ended, delete ${lockFile})`
  if (holder.boot !== us.boot) return holder.host === us.host ? null : elsewhere
  if (holder.namespace !== us.namespace) return elsewhere
  const alive = holder.started === null ? isRunning(holder.pid) : startOf(holder.pid) === holder.started
  return alive ? `process ${holder.pid}` : null
}

function ourselves (): Holder {
  return {
    pid,
    host: hostname(),
    started: startOf(pid),
    boot: readOrNull('/proc/sys/kernel/random/boot_id')?.trim() ?? null,
    namespace: ignoring(['ENOENT'], () => readlinkSync('/proc/self/ns/pid'))
  }
}

/** Null when there is no such process, or only a zombie. The name in field 2 may contain spaces and parentheses. */
function startOf (processId: number): string | null {
  const line = readOrNull(`/proc/${processId}/stat`)
  const [state, ...others] = line?.slice(line.lastIndexOf(')') + 2).split(' ') ?? []
  return state === 'Z' ? null : others[18] ?? null
}

function isRunning (processId: number): boolean {
  try {
    return kill(processId, 0)
  } catch (error) {
    if (isSystemError(error)) return error.code === 'EPERM'
    throw error
  }
}

/** Null for a lock file that a power cut left empty or torn: its writer is gone. */
function readHolder (text: string): Holder | null {
  const holder = parseJson(text) as Holder | null | undefined
  return typeof holder?.pid === 'number' ? holder : null
}

function readOrNull (path: string): string | null {
  return ignoring(['ENOENT', 'ESRCH'], () => readFileSync(path, 'utf8'))
}
