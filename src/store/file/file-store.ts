/**
 * The file driver: one JSON document per caller under DATA_DIR, and no server.
 *
 * - `callers/<first two hex digits>/<phone_hash>.json`; `erasures/` and `queue/` alike
 * - `<name>.json` for documents that belong to no caller
 */
import { EventEmitter, once } from 'node:events'
import { join } from 'node:path'
import { LRUCache } from 'lru-cache'
import pLimit from 'p-limit'
import type { DocumentName, Documents } from '../../../schemas/caller-record.ts'
import type { Formats } from '../formats.ts'
import { createLimit } from '../limit.ts'
import { createRecent, type Recent } from '../recent.ts'
import type { CallerPage, ListedCaller, Store } from '../store.ts'
import { unlessUnreadable } from '../unreadable.ts'
import { callerFiles } from './caller-files.ts'
import { callerHashes, SHARD } from './caller-hashes.ts'
import { CallerQueue } from './caller-queue.ts'
import type { Disk } from './disk.ts'
import { lockFolder } from './folder-lock.ts'
import { jsonDocument, type JsonDocument } from './json-document.ts'
import { createRounds } from './rounds.ts'
import { queueFiles } from './queue-files.ts'

export interface FileStoreOptions {
  folder: string
  formats: Formats
  disk: Disk
  /** Called with the new name of each quarantined file. */
  onDamaged: (fileName: string) => void
  /** Called when a write that nobody waited for has failed. */
  onLost: (phoneHash: string, error: unknown) => void
  onTempsLeft: (error: unknown) => void
  now: () => Date
}

/** Size of the cache, in characters of the records' files; in memory they take about four times that. */
const CACHED_CHARS = 16 * 1024 * 1024

/** What a cached caller costs besides the record, in characters. */
const CACHED_CALLER_CHARS = 512

/** Callers whose call start is not on disk yet. */
const MAX_UNSAVED = 2000

/** Callers per round: the disk flushes them together, and a caller who rings again meanwhile is written once. */
const ROUND = 32

/** Callers that walks read at the same time, so that calls do not wait behind a whole page. */
const WALK_READS = 2

/**
 * @throws {DataDirLocked} another process uses `folder`
 * @throws {StorageUnavailable} `folder` cannot be used
 */
export async function openFileStore (options: FileStoreOptions): Promise<Store> {
  const { folder, formats, disk, onDamaged, onLost, onTempsLeft, now } = options
  await disk.prepareFolder(folder)
  const unlock = await lockFolder(folder)

  const active = new Map<string, CallerQueue>()
  const idle = new LRUCache<string, CallerQueue>({
    maxSize: CACHED_CHARS,
    sizeCalculation: ({ size }) => size + CACHED_CALLER_CHARS
  })
  const activity = new EventEmitter()
  const inTurn = createRounds(ROUND)
  const walking = pLimit(WALK_READS)
  const unsaved = createLimit(MAX_UNSAVED)
  const oneAtATime = pLimit(1)
  const documents = new Map<DocumentName, Recent<unknown>>()
  const queue = queueFiles(options)
  let checking: Promise<void> | null = null
  let isClosing = false
  const cleanup = removeAllTemps().catch(onTempsLeft)

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

  function queueOf (phoneHash: string): CallerQueue {
    const existing = active.get(phoneHash) ?? idle.get(phoneHash)
    const callerQueue = existing ?? new CallerQueue({
      files: callerFiles(phoneHash, options),
      inTurn,
      onIdle: () => {
        active.delete(phoneHash)
        idle.set(phoneHash, callerQueue)
        if (active.size === 0) activity.emit('idle')
      }
    })
    idle.delete(phoneHash)
    active.set(phoneHash, callerQueue)
    return callerQueue
  }

  function documentOf<N extends DocumentName> (name: N): JsonDocument<Documents[N]> {
    return jsonDocument({ path: join(folder, `${name}.json`), format: formats.document(name), disk, onDamaged, now })
  }

  /** Bypasses the cache, which is meant for callers who ring. */
  async function listed (phoneHash: string): Promise<ListedCaller> {
    const { caller, record: { isCurrent } } = await callerFiles(phoneHash, options).read()
    return { phoneHash, ...await active.get(phoneHash)?.current() ?? caller, isCurrent }
  }

  return {
    driver: 'files',
    queue,

    load: (phoneHash) => queueOf(phoneHash).current(),

    update: async (phoneHash, change) => await (await queueOf(phoneHash).change(change)).saved,

    updateSoon: (phoneHash, change, patienceMs) => new Promise((resolve, reject) => {
      // The response needs only the result; the slot is kept until it is saved.
      const write = async () => {
        const { result, saved } = await queueOf(phoneHash).change(change, true)
        resolve(result)
        await saved.then(() => {}, (error: unknown) => onLost(phoneHash, error))
      }
      // A caller that is being written anyway needs no slot.
      const writing = active.get(phoneHash)?.isUnsaved === true ? write() : unsaved(write, patienceMs)
      writing.catch(reject)
    }),

    async list (kind, after, limit) {
      const hashes = await callerHashes(folder, { kind, after, count: limit + 1 }, disk.listFolder)
      const page = hashes.slice(0, limit)
      const read = await Promise.all(page.map((phoneHash) => walking(() => unlessUnreadable(listed(phoneHash)))))
      return {
        callers: read.filter((caller) => caller !== null),
        unreadable: page.filter((_, n) => read[n] === null),
        next: hashes.length > limit ? page.at(-1)! : null
      } satisfies CallerPage
    },

    async loadDocument<N extends DocumentName> (name: N) {
      if (!documents.has(name)) {
        documents.set(name, createRecent(async () => (await documentOf(name).load()).value))
      }
      return await documents.get(name)!.get() as Documents[N] | null
    },

    updateDocument: (name, change) => oneAtATime(async () => {
      for (;;) {
        const document = documentOf(name)
        const { value, stamp } = await document.load()
        const changed = change(value)
        // Edited by hand meanwhile: apply the change to what is there now.
        if (changed.value !== value && await document.save(changed.value, stamp) === null) continue
        documents.get(name)?.forget()
        return changed.result
      }
    }),

    check: () => (checking ??= disk.probeFolder(folder).finally(() => { checking = null })),

    async close () {
      isClosing = true
      if (active.size > 0) await once(activity, 'idle')
      await oneAtATime(async () => {})
      await queue.idle()
      // Once the folder is unlocked, temp files may belong to another process.
      await cleanup
      await unlock()
    }
  }
}
