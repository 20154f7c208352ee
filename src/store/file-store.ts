/**
 * The file driver: one JSON document per caller under DATA_DIR, no server beside it.
 *
 * - `callers/<first two hex digits>/<phone_hash>.json`, `erasures/…` alike
 * - `notes.json`, `own-numbers.json`
 */
import { EventEmitter, once } from 'node:events'
import { chmod, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import pLimit from 'p-limit'
import type { ErasureMark, GlobalNotes, OwnNumbers, StoredCaller } from '../../schemas/caller-record.ts'
import { RecordDamaged } from '../errors.ts'
import { CallerQueue, readCaller, type CallerDocuments, type ChangeProgress } from './caller-queue.ts'
import { makeFolder, orNull, readDurable, removeDurable, writeDurable } from './durable-file.ts'
import { lockFolder } from './folder-lock.ts'
import { damagedPrefix, jsonDocument, storage, type DocumentOptions } from './json-document.ts'
import type { Store } from './store.ts'
import type { Change } from '../caller/caller.ts'

/** Says of each kind of document whether a parsed file is one. */
export interface DocumentChecks {
  caller: (value: unknown) => value is StoredCaller
  mark: (value: unknown) => value is ErasureMark
  notes: (value: unknown) => value is GlobalNotes
  ownNumbers: (value: unknown) => value is OwnNumbers
}

export interface FileStoreOptions {
  folder: string
  checks: DocumentChecks
  /** Told when a damaged file was moved aside. */
  onDamaged: (fileName: string) => void
  /** Told when a change that nobody waited for could not be written. */
  onLost: (phoneHash: string, error: unknown) => void
  /** Names set-aside files. */
  now: () => Date
}

/**
 * Opens the data in `folder`, making it when it is new, and locks it.
 *
 * @throws {DataDirLocked} another process has it open
 * @throws {StorageUnavailable} the folder cannot be used
 */
export async function openFileStore (options: FileStoreOptions): Promise<Store> {
  const { folder, checks, onLost } = options
  await storage(() => prepareFolder(folder))
  const unlock = await lockFolder(folder)

  const queues = new Map<string, CallerQueue>()
  const activity = new EventEmitter()
  const oneAtATime = pLimit(1)
  const notes = document(join(folder, 'notes.json'), checks.notes)
  const ownNumbersDocument = document(join(folder, 'own-numbers.json'), checks.ownNumbers)
  const ownNumbers = new Set(await loadOrEmpty(async () => (await ownNumbersDocument.load()).value?.phone_hashes))

  function document<T> (path: string, isValid: DocumentOptions<T>['isValid']) {
    return jsonDocument({ path, isValid, onDamaged: options.onDamaged, now: options.now })
  }

  function documentsOf (phoneHash: string): CallerDocuments {
    const callers = shardOf('callers', phoneHash)
    return {
      record: document(join(callers, fileName(phoneHash)), checks.caller),
      mark: document(join(shardOf('erasures', phoneHash), fileName(phoneHash)), checks.mark),
      removeDamaged: () => storage(async () => {
        const copies = (await listFolder(callers)).filter((name) => name.startsWith(damagedPrefix(fileName(phoneHash))))
        await Promise.all(copies.map((name) => removeDurable(join(callers, name))))
      })
    }
  }

  function shardOf (kind: string, phoneHash: string): string {
    return join(folder, kind, phoneHash.slice(0, 2))
  }

  function queueOf (phoneHash: string): CallerQueue {
    const existing = queues.get(phoneHash)
    if (existing !== undefined) return existing
    const queue = new CallerQueue(phoneHash, documentsOf(phoneHash), () => {
      queues.delete(phoneHash)
      if (queues.size === 0) activity.emit('idle')
    })
    queues.set(phoneHash, queue)
    return queue
  }

  async function change<T> (phoneHash: string, change: Change<T>): Promise<ChangeProgress<T>> {
    return await queueOf(phoneHash).change(change)
  }

  async function hashesIn (shard: string): Promise<string[]> {
    const names = await storage(() => listFolder(join(folder, 'callers', shard)))
    return names.filter((name) => /^[0-9a-f]{64}\.json$/.test(name)).map((name) => name.slice(0, 64)).sort()
  }

  return {
    async load (phoneHash) {
      const queue = queues.get(phoneHash)
      return queue === undefined ? (await readCaller(documentsOf(phoneHash))).caller : await queue.current()
    },

    async update (phoneHash, update) {
      return await (await change(phoneHash, update)).saved
    },

    async updateSoon (phoneHash, update) {
      const { result, saved } = await change(phoneHash, update)
      saved.catch((error: unknown) => onLost(phoneHash, error))
      return result
    },

    async listCallers (after, limit) {
      const shards = (await storage(() => listFolder(join(folder, 'callers')))).sort()
      const callers: StoredCaller[] = []
      for (const shard of shards.filter((name) => after === null || name >= after.slice(0, 2))) {
        for (const phoneHash of await hashesIn(shard)) {
          if (after !== null && phoneHash <= after) continue
          if (callers.length === limit) return { callers, next: callers.at(-1)!.phone_hash }
          const record = await loadOrNull(async () => (await documentsOf(phoneHash).record.load()).value)
          if (record !== null) callers.push(record)
        }
      }
      return { callers, next: null }
    },

    async loadNotes () {
      return (await notes.load()).value?.notes ?? []
    },

    updateNotes: (update) => oneAtATime(async () => {
      const { notes: changed, result } = update((await notes.load()).value?.notes ?? [])
      await notes.save({ version: 1, notes: changed })
      return result
    }),

    loadOwnNumbers: async () => ownNumbers,

    addOwnNumber: (phoneHash) => oneAtATime(async () => {
      if (ownNumbers.has(phoneHash)) return false
      await ownNumbersDocument.save({ version: 1, phone_hashes: [...ownNumbers, phoneHash] })
      ownNumbers.add(phoneHash)
      return true
    }),

    async dropErasureMarks (instant) {
      let dropped = 0
      for (const shard of await storage(() => listFolder(join(folder, 'erasures')))) {
        for (const name of await storage(() => listFolder(join(folder, 'erasures', shard)))) {
          const path = join(folder, 'erasures', shard, name)
          const mark = await loadOrNull(async () => (await document(path, checks.mark).load()).value)
          if (mark === null || mark.erased_at >= instant) continue
          await storage(() => removeDurable(path))
          dropped++
        }
      }
      return dropped
    },

    check: () => storage(async () => {
      const probe = join(folder, 'probe.json')
      await writeDurable(probe, 'ok')
      await readDurable(probe)
      await rm(probe)
    }),

    async close () {
      if (queues.size > 0) await once(activity, 'idle')
      await oneAtATime(async () => {})
      await unlock()
    }
  }
}

function fileName (phoneHash: string): string {
  return `${phoneHash}.json`
}

/** Only the owner may look into the data, also when the folder was there before. */
async function prepareFolder (folder: string): Promise<void> {
  await makeFolder(folder)
  const { mode } = await stat(folder)
  if ((mode & 0o077) !== 0) await chmod(folder, 0o700)
}

async function listFolder (folder: string): Promise<string[]> {
  return await orNull(readdir(folder), 'ENOENT') ?? []
}

/** The value, or null when it was damaged; the damage has been reported when the file was moved aside. */
async function loadOrNull<T> (load: () => Promise<T | null>): Promise<T | null> {
  try {
    return await load()
  } catch (error) {
    if (error instanceof RecordDamaged) return null
    throw error
  }
}

async function loadOrEmpty (load: () => Promise<string[] | undefined>): Promise<string[]> {
  return await loadOrNull(async () => await load() ?? []) ?? []
}
