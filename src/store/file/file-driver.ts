/**
 * The file driver: one JSON document per caller under DATA_DIR, and no server.
 *
 * - `callers/<first two hex digits>/<phone_hash>.json`; `erasures/` and `queue/` alike
 * - `<name>.json` for documents that belong to no caller
 * - `rings/`, see ring-journal.ts
 */
import { readdir } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import pLimit from 'p-limit'
import { DataDirLocked, RecordDamaged, StorageUnavailable } from '../../errors.ts'
import type { Driver, RingJournal, StoredText, Version } from '../driver.ts'
import { callerHashes, pathIn, SHARD } from './caller-hashes.ts'
import type { Disk } from './disk.ts'
import { watchInThread } from './folder-watch.ts'
import { queueFiles } from './queue-files.ts'
import { openRingJournal, readRingJournal, type RingJournalParts } from './ring-journal.ts'
import { isSystemError } from './system-error.ts'

export interface FileDriverParts extends RingJournalParts {
  now: () => Date
  /** Whether to watch for changes by hand. Otherwise files are looked at. Default: false */
  isWatched?: boolean | undefined
}

/** Callers who are written at once: the disk flushes them together. Changes meanwhile share the next write. */
const WRITERS = 32

/**
 * @throws {DataDirLocked} another process uses `folder`
 * @throws {StorageUnavailable} `folder` cannot be used
 */
export async function openFileDriver (parts: FileDriverParts): Promise<Driver> {
  const { folder, disk, log, now } = parts
  await disk.prepareFolder(folder)
  const holder = await disk.lockFolder(folder)
  if (holder !== null) throw new DataDirLocked(folder, holder)
  const rings = await openRingJournal(parts)
  let onChange: (key: string, version: Version) => void = () => {}
  const watch = parts.isWatched === true
    ? watchInThread(folder, (key, version) => onChange(key, version), log)
    : null
  const pathOf = (key: string) => pathIn(folder, key)
  const queue = queueFiles(folder, disk, now)
  let isClosing = false
  const cleanup = removeAllTemps().catch((err: unknown) => {
    log.warn({ err }, 'some temp files left by a crash could not be removed; the next start tries again')
  })

  /** A file deleted by hand must not live on in a temp file. Runs in the background, and reads names only. */
  async function removeAllTemps (): Promise<void> {
    await disk.removeTemps(folder)
    for (const root of ['callers', 'erasures', 'queue'].map((kind) => join(folder, kind))) {
      for (const shard of (await disk.listFolder(root)).filter((name) => SHARD.test(name))) {
        if (isClosing) return
        await disk.removeTemps(join(root, shard))
      }
    }
  }

  return {
    ...readingDriver(folder, disk, rings),
    queue,
    hearsSince: () => watch?.hearsSince() ?? Infinity,
    listen: (listener) => { onChange = listener },

    async areUnchanged (keys, versions) {
      const stamps = await disk.stampFiles(keys.map(pathOf))
      for (const [n, key] of keys.entries()) {
        // Deleted by hand: what a failed write left must go, too.
        const isDeleted = stamps[n] === null && versions[n] !== null && key.startsWith('callers/')
        if (isDeleted) await disk.removeTemps(dirname(pathOf(key)))
      }
      return keys.every((_, n) => stamps[n] === versions[n])
    },

    async write (writes) {
      const versions: Version[] = []
      for (const { key, before, text } of writes) {
        const version = text === undefined ? before : await writeFile(key, before, text)
        if (version === undefined) return null
        versions.push(version)
      }
      return versions
    },

    inTurn: pLimit(WRITERS),

    async quarantine (key, version) {
      const path = pathOf(key)
      const name = `${basename(path)}.damaged-${now().toISOString().replaceAll(':', '-')}`
      return await disk.renameAt(path, version, name) ? name : null
    },

    check: () => disk.probeFolder(folder),

    async close () {
      isClosing = true
      await watch?.close()
      await queue.idle()
      await rings.close()
      // Once the folder is unlocked, temp files may belong to another process.
      await cleanup
      await disk.unlockFolder(folder)
    }
  }

  /** Undefined when there is another version. A text is deleted whatever its version. */
  async function writeFile (
    key: string, before: Version, text: readonly string[] | null
  ): Promise<Version | undefined> {
    if (text === null) {
      await disk.removeDurable(pathOf(key))
      return null
    }
    // Quarantined copies and temp files go first, because the mark says that the erasure is done.
    if (key.startsWith('erasures/')) await disk.removeBeside(pathOf(key.replace('erasures', 'callers')))
    const size = text.reduce((sum, piece) => sum + Buffer.byteLength(piece), 0)
    return await inMemory(size, async (bytes) => {
      text.reduce((at, piece) => at + bytes.write(piece, at), 0)
      return await disk.writeDurable(pathOf(key), bytes, before)
    })
  }
}

const KEPT_BYTES = 4 * 1024 * 1024

let kept: SharedArrayBuffer | null = new SharedArrayBuffer(KEPT_BYTES)

/**
 * Lends memory that threads share. The same again and again: a system may take ten times as long to give fresh memory
 * as it takes to fill it. Nothing of what was written stays there.
 */
async function inMemory<T> (size: number, work: (bytes: Buffer) => Promise<T>): Promise<T> {
  const memory = kept !== null && size <= KEPT_BYTES ? kept : new SharedArrayBuffer(size)
  if (memory === kept) kept = null
  const bytes = Buffer.from(memory, 0, size)
  try {
    return await work(bytes)
  } finally {
    bytes.fill(0)
    if (memory.byteLength === KEPT_BYTES) kept = memory
  }
}

/**
 * Reads the files of a bridge that may be running. Changes nothing, and needs no lock: files are replaced whole.
 *
 * @throws {StorageUnavailable} there is no such folder, or it cannot be read
 */
export async function openFileReader ({ folder, disk, isRing }: Omit<RingJournalParts, 'log'>): Promise<Driver> {
  try {
    // A walk would take a missing folder for an empty one.
    await readdir(folder)
  } catch (error) {
    if (isSystemError(error)) throw new StorageUnavailable({ cause: error })
    throw error
  }
  return readingDriver(resolve(folder), disk, await readRingJournal({ folder, disk, isRing }))
}

function readingDriver (folder: string, disk: Disk, rings: RingJournal): Driver {
  const pathOf = (key: string) => pathIn(folder, key)
  const refuse = async () => {
    throw new StorageUnavailable({ cause: new Error('the files are open for reading only') })
  }

  /** If the files cannot be read together, reads each by itself: one of them may be to blame. */
  async function read (keys: string[]): Promise<Array<StoredText | null | Error>> {
    try {
      const files = await disk.readFiles(keys.map(pathOf))
      return files.map((file) => file === null ? null : { text: file.text, version: file.stamp! })
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) throw error
      return keys.length === 1 ? [error] : (await Promise.all(keys.map((key) => read([key])))).flat()
    }
  }

  return {
    name: 'files',
    isShared: false,
    rings,
    hearsSince: () => Infinity,
    listen: () => {},
    read,
    list: (kind, after, count) => callerHashes(folder, kind, after, count, disk.listFolder),
    queue: { schedule: refuse, take: refuse, complete: refuse, list: refuse },
    areUnchanged: refuse,
    write: refuse,
    inTurn: refuse,
    quarantine: async () => { throw new RecordDamaged('it was left in place') },
    check: refuse,
    close: async () => {}
  }
}
