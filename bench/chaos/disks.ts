/** Disks that can be broken while a bridge uses them, in the most real way that this machine allows. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { dataDirOf, type ScenarioParts } from './scenario.ts'

export interface Disk {
  what: string
  dataDir: string
  /** Whether it is also broken for a bridge that starts meanwhile. */
  isLasting: boolean
  /** @param pid - the bridge that uses it */
  fail (pid: number): Promise<void>
  fix (pid: number): Promise<void>
}

const run = promisify(execFile)

const MEGABYTES = 8

/** A mount ends after this time even if it is not cleaned up. */
const HOLD_SECONDS = 600

/** A small disk that is filled up, or else a limit on the size of files. A string says why neither is possible. */
export async function fullDisk (parts: ScenarioParts): Promise<Disk | string> {
  const small = await mountSmall(parts)
  if (small !== null) {
    const filling = join(small.path, 'ballast')
    return {
      what: `a disk of ${MEGABYTES} MB, filled up`,
      dataDir: join(small.path, 'data'),
      isLasting: true,
      fail: async () => await fillUp(filling),
      fix: async () => await rm(filling)
    }
  }
  try {
    await run('prlimit', ['--version'])
  } catch (error) {
    return `no disk can be mounted here, and prlimit cannot be run (${messageOf(error)})`
  }
  return {
    what: 'a limit of 0 bytes a file',
    dataDir: dataDirOf(parts.folder),
    isLasting: false,
    fail: async (pid) => { await run('prlimit', [`--pid=${pid}`, '--fsize=0:']) },
    fix: async (pid) => { await run('prlimit', [`--pid=${pid}`, '--fsize=unlimited:']) }
  }
}

/** A small disk that is remounted read-only, or else folders without write permission. A string says why not. */
export async function readOnlyDisk (parts: ScenarioParts): Promise<Disk | string> {
  const small = await mountSmall(parts)
  if (small !== null) {
    return {
      what: 'a disk mounted read-only',
      dataDir: join(small.path, 'data'),
      isLasting: true,
      fail: () => small.remount('ro'),
      fix: () => small.remount('rw')
    }
  }
  if (isRoot()) return 'no disk can be mounted here, and permissions do not stop root from writing'
  const dataDir = dataDirOf(parts.folder)
  await mkdir(dataDir)
  const chmod = async (mode: string) => { await run('chmod', ['-R', mode, dataDir]) }
  parts.cleanup.defer(() => chmod('u+w'))
  return {
    what: 'folders without write permission',
    dataDir,
    isLasting: true,
    fail: () => chmod('u-w'),
    fix: () => chmod('u+w')
  }
}

interface SmallDisk {
  path: string
  remount (mode: 'ro' | 'rw'): Promise<void>
}

/**
 * A small disk in memory, or null where mounting is not allowed. It is mounted in the namespace of a process that only
 * holds it; others see it through /proc. When that process ends, the mount is gone.
 *
 * @see https://man7.org/linux/man-pages/man7/mount_namespaces.7.html
 */
async function mountSmall ({ folder, cleanup }: ScenarioParts): Promise<SmallDisk | null> {
  if (process.platform !== 'linux') return null
  const mount = join(folder, 'disk')
  await mkdir(mount)
  const tmpfs = `mount -t tmpfs -o size=${MEGABYTES}m,mode=0700 tmpfs "$0"`
  const script = `${tmpfs} && echo mounted && exec sleep ${HOLD_SECONDS}`
  // Some systems let an ordinary user be root in a user namespace.
  const namespaces = ['--mount', ...(isRoot() ? [] : ['--map-root-user'])]
  const holder = spawn('unshare', [...namespaces, 'sh', '-c', script, mount], { stdio: ['ignore', 'pipe', 'ignore'] })
  cleanup.defer(() => holder.kill('SIGKILL'))
  const isMounted = await Promise.race([
    once(holder.stdout, 'data').then(() => true),
    once(holder, 'close').then(() => false, () => false)
  ])
  if (!isMounted) return null

  const enter = [`--target=${holder.pid}`, '--mount', ...(isRoot() ? [] : ['--user', '--preserve-credentials'])]
  return {
    path: `/proc/${holder.pid}/root${mount}`,
    async remount (mode) {
      // Refused while a file is open for writing, which the bridge never has for long.
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
