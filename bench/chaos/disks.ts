/** Disks that can be broken while a bridge uses them, in the best way that this machine allows. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { dataDirOf, type ScenarioParts } from './scenario.ts'

export interface Disk {
  /** How it is broken. */
  what: string
  dataDir: string
  /** Whether a bridge that starts meanwhile finds it broken, too. */
  isLasting: boolean
  /** @param pid - the bridge that uses it */
  fail (pid: number): Promise<void>
  mend (pid: number): Promise<void>
}

const run = promisify(execFile)

const MEGABYTES = 8

/** Longest life of a disk, should nobody end it. */
const HOLD_SECONDS = 600

/** A disk without space: a small one that is filled up, or a limit on the size of files. */
export async function fullDisk (parts: ScenarioParts): Promise<Disk | string> {
  const small = await mountSmall(parts)
  if (small !== null) {
    const ballast = join(small.path, 'ballast')
    return {
      what: `a disk of ${MEGABYTES} MB, filled up`,
      dataDir: join(small.path, 'data'),
      isLasting: true,
      fail: async () => await fillUp(ballast),
      mend: async () => await rm(ballast)
    }
  }
  try {
    await run('prlimit', ['--version'])
  } catch (error) {
    return `neither a disk can be mounted nor prlimit be run here (${messageOf(error)})`
  }
  return {
    what: 'a limit of 0 bytes a file',
    dataDir: dataDirOf(parts.folder),
    isLasting: false,
    fail: async (pid) => { await run('prlimit', [`--pid=${pid}`, '--fsize=0:']) },
    mend: async (pid) => { await run('prlimit', [`--pid=${pid}`, '--fsize=unlimited:']) }
  }
}

/** A disk that became read-only: one of its own that is mounted anew, or folders without the right to write. */
export async function readOnlyDisk (parts: ScenarioParts): Promise<Disk | string> {
  const small = await mountSmall(parts)
  if (small !== null) {
    return {
      what: 'a disk mounted read-only',
      dataDir: join(small.path, 'data'),
      isLasting: true,
      fail: () => small.remount('ro'),
      mend: () => small.remount('rw')
    }
  }
  if (isRoot()) return 'no disk can be mounted here, and root writes whatever the rights are'
  const dataDir = dataDirOf(parts.folder)
  await mkdir(dataDir)
  const setRights = async (mode: string) => { await run('chmod', ['-R', mode, dataDir]) }
  parts.cleanup.defer(() => setRights('u+w'))
  return { what: 'folders without the right to write', dataDir, isLasting: true, fail: () => setRights('u-w'), mend: () => setRights('u+w') }
}

interface SmallDisk {
  path: string
  remount (mode: 'ro' | 'rw'): Promise<void>
}

/**
 * A small disk in memory, or null where that is not allowed. It is mounted for a process that does nothing but hold it, and is
 * seen by others through /proc: when that process ends, or ours is killed, no mount is left behind.
 *
 * @see https://man7.org/linux/man-pages/man7/mount_namespaces.7.html
 */
async function mountSmall ({ folder, cleanup }: ScenarioParts): Promise<SmallDisk | null> {
  if (process.platform !== 'linux') return null
  const mount = join(folder, 'disk')
  await mkdir(mount)
  const script = `mount -t tmpfs -o size=${MEGABYTES}m,mode=0700 tmpfs "$0" && echo mounted && exec sleep ${HOLD_SECONDS}`
  // Whoever is not root may be so within a namespace of users, where the system allows it.
  const holder = spawn('unshare', ['--mount', ...(isRoot() ? [] : ['--map-root-user']), 'sh', '-c', script, mount], { stdio: ['ignore', 'pipe', 'ignore'] })
  cleanup.defer(() => holder.kill('SIGKILL'))
  const isMounted = await Promise.race([
    once(holder.stdout, 'data').then(() => true),
    // Ended early, or there is no such program.
    once(holder, 'close').then(() => false, () => false)
  ])
  if (!isMounted) return null

  const enter = [`--target=${holder.pid}`, '--mount', ...(isRoot() ? [] : ['--user', '--preserve-credentials'])]
  return {
    path: `/proc/${holder.pid}/root${mount}`,
    async remount (mode) {
      // The system refuses while a file is open for writing; the bridge never has one open for long.
      for (let tries = 50; ; tries--) {
        try {
          await run('nsenter', [...enter, 'mount', '-o', `remount,bind,${mode}`, mount])
          return
        } catch (error) {
          if (tries === 0) throw error
          await sleep(20)
        }
      }
    }
  }
}

/** Writes until nothing more goes in, to the last page. */
async function fillUp (path: string): Promise<void> {
  const file = await open(path, 'w')
  try {
    for (;;) await file.write(Buffer.alloc(64 * 1024))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  } finally {
    await file.close()
  }
}

function messageOf (error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function isRoot (): boolean {
  return process.getuid?.() === 0
}
