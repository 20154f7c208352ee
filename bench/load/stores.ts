/** Stores of many callers, in the format of the file driver, but not written through it. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { rename, rm, statfs, writeFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import { setImmediate as pause } from 'node:timers/promises'
import { createFormats, type Formats } from '../../src/store/formats.ts'
import { createSealer } from '../../src/store/sealer.ts'
import { checks } from '../../test/stored.ts'
import type { Cleanup } from '../cleanup.ts'
import { recordPath } from '../folder-format.ts'
import { hashOf } from '../people.ts'
import { say } from './progress.ts'
import { recordOf } from './records.ts'

export interface GeneratedStore {
  callers: number
  dataDir: string
  /** Settings that open it. */
  env: Record<string, string>
  /**
   * Undoes what the last round added, if that is quick. `seen` has to resolve once the running bridge has looked at
   * every caller, who is then in its memory.
   */
  restore (seen: () => Promise<void>): Promise<void>
}

const KEY_BYTES = 32

/** Callers written before other events, such as Ctrl+C, get a turn. */
const BATCH = 100
export const SAY_EVERY = 100_000

/** Stores up to this size are rewritten before every round: their callers call so often that records would grow. */
export const MAX_RESTORED = 10_000

/** On a disk with blocks of 4 KB, inode included. */
const BYTES_PER_CALLER = { plain: 12_800, sealed: 17_000 }

/** Why a store of this size does not fit, or null. */
export async function whyNoRoom (folder: string, callers: number, isSealed: boolean): Promise<string | null> {
  const { bavail, bsize, ffree, files } = await statfs(folder)
  const needed = callers * BYTES_PER_CALLER[isSealed ? 'sealed' : 'plain'] * 1.1
  if (bavail * bsize < needed) {
    return `it needs ${gigabytes(needed)}, but only ${gigabytes(bavail * bsize)} are free in ${folder}`
  }
  // Some file systems create inodes on demand and report none.
  if (files > 0 && ffree < callers * 1.1) return `there are only ${ffree} inodes left in ${folder}`
  return null
}

export async function isInMemory (folder: string): Promise<boolean> {
  const TMPFS_MAGIC = 0x01021994
  return (await statfs(folder)).type === TMPFS_MAGIC
}

export async function generateStore (
  folder: string, callers: number, isSealed: boolean, cleanup: Cleanup
): Promise<GeneratedStore> {
  const dataDir = join(await cleanup.folder(folder), 'data')
  const key = randomBytes(KEY_BYTES).toString('base64')
  const formats = createFormats(checks, isSealed ? createSealer([key]) : null)
  await writeAll(dataDir, callers, formats)
  return {
    callers,
    dataDir,
    env: isSealed ? { DATA_ENCRYPTION_KEY: key } : {},
    async restore (seen) {
      if (callers > MAX_RESTORED) return
      // Open call starts are dropped with a file that is deleted by hand.
      for (let n = 0; n < callers; n++) await rm(recordPath(dataDir, hashOf(n)))
      await seen()
      await replaceAll(dataDir, callers, formats)
      await seen()
    }
  }
}

/** Synchronous, because that is three times as fast. Not fsynced, because it need not survive a power cut. */
async function writeAll (dataDir: string, callers: number, formats: Formats): Promise<void> {
  const now = new Date()
  for (let shard = 0; shard < 256; shard++) {
    mkdirSync(dirname(recordPath(dataDir, shard.toString(16).padStart(2, '0'))), { recursive: true, mode: 0o700 })
  }
  for (let n = 0; n < callers; n++) {
    const phoneHash = hashOf(n)
    writeFileSync(recordPath(dataDir, phoneHash), formats.record(phoneHash).write(recordOf(n, now)), { mode: 0o600 })
    if (n % BATCH === 0) await pause()
    if (n > 0 && n % SAY_EVERY === 0) say(`  ${n.toLocaleString('en')} callers written`)
  }
}

/** By renaming, because a bridge may have the file open. */
async function replaceAll (dataDir: string, callers: number, formats: Formats): Promise<void> {
  const now = new Date()
  for (let n = 0; n < callers; n++) {
    const phoneHash = hashOf(n)
    const path = recordPath(dataDir, phoneHash)
    await writeFile(`${path}.restored`, formats.record(phoneHash).write(recordOf(n, now)), { mode: 0o600 })
    await rename(`${path}.restored`, path)
  }
}

function gigabytes (bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`
}
