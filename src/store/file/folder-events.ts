/**
 * Notices files that change; runs in the watch thread. At short intervals it proves that it still hears: an event of
 * its own must arrive. Where it may not hear everything, it says so, and files are looked at instead.
 */
import { readFileSync, statfsSync, utimesSync, watch, type FSWatcher } from 'node:fs'
import { join } from 'node:path'
import { keyOf, SHARD } from './caller-hashes.ts'
import { LOCK_FILE } from './folder-lock.ts'
import { listFolder, stampFile, type Stamp } from './stamped-file.ts'
import { ignoring, isSystemError } from './system-error.ts'

/** `heard`: a proof arrived. `missed`: events may have been lost. `deaf`: it has given up, for this reason. */
export type WatchMessage =
  | { changed: Array<[key: string, stamp: Stamp]> }
  | { heard: true }
  | { missed: true }
  | { deaf: string }

/** How often it proves that it hears, in milliseconds. */
const PROOF_MS = 400

/** Events of one moment are reported together: one write causes several. */
const GATHER_MS = 20

const ROOTS = ['callers', 'erasures']

/** The kernel drops events when its queue is full, and `fs.watch` does not tell. */
const QUEUE_LENGTH = '/proc/sys/fs/inotify/max_queued_events'
const DEFAULT_QUEUE_LENGTH = 16_384

/**
 * File systems that only this machine changes: ext2 to ext4, XFS, Btrfs, tmpfs, overlay, ZFS, F2FS, bcachefs.
 *
 * @see https://man7.org/linux/man-pages/man2/statfs.2.html
 */
const LOCAL = [0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630, 0x2fc12fc1, 0xf2f52010, 0xca451a4e]

/** @param folder - DATA_DIR, which must be locked: its lock file is touched. @returns a function that ends it */
export function watchFolder (folder: string, post: (message: WatchMessage) => void): () => void {
  const watchers = new Map<string, FSWatcher>()
  const changed = new Set<string>()
  const maxEvents = Number(ignoring(['ENOENT'], () => readFileSync(QUEUE_LENGTH, 'utf8')) ?? DEFAULT_QUEUE_LENGTH) / 2
  let events = 0
  let gathering: NodeJS.Timeout | undefined
  const proving = setInterval(() => orDeaf(prove), PROOF_MS)

  function stop (): void {
    clearInterval(proving)
    clearTimeout(gathering)
    for (const watcher of watchers.values()) watcher.close()
  }

  function deaf (reason: string): void {
    stop()
    post({ deaf: reason })
  }

  function orDeaf (work: () => void): void {
    try {
      work()
    } catch (error) {
      if (!isSystemError(error)) throw error
      deaf(error.message)
    }
  }

  function prove (): void {
    const now = new Date()
    utimesSync(join(folder, LOCK_FILE), now, now)
  }

  function listen (path: string, onName: (name: string) => void): void {
    watchers.get(path)?.close()
    watchers.delete(path)
    const watcher = ignoring(['ENOENT', 'ENOTDIR'], () => watch(path, (_, name) => orDeaf(() => {
      countEvent()
      if (name !== null) onName(name)
    })))
    if (watcher === null) return
    watcher.on('error', ({ message }) => deaf(message))
    watchers.set(path, watcher)
  }

  /** Half a queue in one turn of the event loop: there may have been more than a whole one. */
  function countEvent (): void {
    if (events++ > 0) return
    setImmediate(() => {
      if (events > maxEvents) post({ missed: true })
      events = 0
    })
  }

  /** @param isNew - the folder appeared just now, and may have come with files */
  function listenToRoot (root: string, isNew: boolean): void {
    listen(root, (name) => listenToShard(root, name, true))
    for (const name of listFolder(root)) listenToShard(root, name, isNew)
  }

  function listenToShard (root: string, name: string, isNew: boolean): void {
    if (!SHARD.test(name)) return
    const path = join(root, name)
    listen(path, (file) => onFile(join(path, file)))
    if (isNew) for (const file of listFolder(path)) onFile(join(path, file))
  }

  function onFile (path: string): void {
    changed.add(path)
    gathering ??= setTimeout(() => orDeaf(report), GATHER_MS)
  }

  function report (): void {
    gathering = undefined
    const paths = [...changed]
    changed.clear()
    const found = paths.flatMap((path): Array<[string, Stamp]> => {
      const key = keyOf(folder, path)
      return key === null ? [] : [[key, stampFile(path)]]
    })
    if (found.length > 0) post({ changed: found })
  }

  orDeaf(() => {
    if (!LOCAL.includes(statfsSync(folder).type)) return deaf('the file system may be changed by other machines')
    listen(folder, (name) => {
      if (name === LOCK_FILE) post({ heard: true })
      else if (ROOTS.includes(name)) listenToRoot(join(folder, name), true)
      else onFile(join(folder, name))
    })
    for (const root of ROOTS) listenToRoot(join(folder, root), false)
    prove()
  })
  return stop
}
