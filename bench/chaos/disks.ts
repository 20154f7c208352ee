/** Disks that can be broken while a bridge uses them, in the best way that this machine allows. */
import { execFile } from 'node:child_process'
import { chmod, mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { dataDirOf, type ScenarioParts } from './scenario.ts'

export interface Disk {
  /** How it is broken. */
  what: string
  dataDir: string
  /** @param pid - the bridge that uses it */
  fail (pid: number): Promise<void>
  mend (pid: number): Promise<void>
}

const run = promisify(execFile)

const MEGABYTES = 8

/** A disk without space: a small one that is filled up, or a limit on the size of files. */
export async function fullDisk (parts: ScenarioParts): Promise<Disk | string> {
  const mount = await mountSmall(parts)
  if (mount !== null) {
    const ballast = join(mount, 'ballast')
    return {
      what: `a disk of ${MEGABYTES} MB, filled up`,
      dataDir: join(mount, 'data'),
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
    fail: async (pid) => { await run('prlimit', [`--pid=${pid}`, '--fsize=0:']) },
    mend: async (pid) => { await run('prlimit', [`--pid=${pid}`, '--fsize=unlimited:']) }
  }
}

/** A disk that became read-only: one of its own that is mounted anew, or folders without the right to write. */
export async function readOnlyDisk (parts: ScenarioParts): Promise<Disk | string> {
  const mount = await mountSmall(parts)
  if (mount !== null) {
    return {
      what: 'a disk mounted read-only',
      dataDir: join(mount, 'data'),
      fail: async () => await remount(mount, 'ro'),
      mend: async () => await remount(mount, 'rw')
    }
  }
  if (process.getuid?.() === 0) return 'no disk can be mounted here, and root writes whatever the rights are'
  const dataDir = dataDirOf(parts.folder)
  await mkdir(dataDir)
  const setRights = async (mode: string) => { await run('chmod', ['-R', mode, dataDir]) }
  parts.cleanup.defer(() => setRights('u+w'))
  return { what: 'folders without the right to write', dataDir, fail: () => setRights('u-w'), mend: () => setRights('u+w') }
}

/** A small disk in memory, or null where that is not allowed. */
async function mountSmall ({ folder, cleanup }: ScenarioParts): Promise<string | null> {
  if (process.platform !== 'linux') return null
  const mount = join(folder, 'disk')
  await mkdir(mount)
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${MEGABYTES}m,mode=0700`, 'tmpfs', mount])
  } catch (error) {
    // Not root, no mount command, or a container that forbids it.
    if (error instanceof Error && 'code' in error) return null
    throw error
  }
  cleanup.defer(() => run('umount', [mount]))
  await chmod(mount, 0o700)
  return mount
}

/** The system refuses while a file is open for writing; the bridge never has one open for long. */
async function remount (mount: string, mode: 'ro' | 'rw'): Promise<void> {
  for (let tries = 50; ; tries--) {
    try {
      await run('mount', ['-o', `remount,${mode}`, mount])
      return
    } catch (error) {
      if (tries === 0) throw error
      await sleep(20)
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
