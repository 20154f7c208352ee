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
import type { Change } from '../caller/caller.ts'
import { dropErasureMark } from '../caller/profile.ts'
import { RecordDamaged } from '../errors.ts'
import { CallerQueue, type CallerDocuments, type ChangeProgress } from './caller-queue.ts'
import { makeFolder, orNull, readDurable, removeDurable, writeDurable } from './durable-file.ts'
import { lockFolder } from './folder-lock.ts'
import { jsonDocument, storage, type DocumentOptions } from './json-document.ts'
import type { Store } from './store.ts'

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
  const ownNumbers = await loadOwnNumbers()
  let checking: Promise<void> | null = null

  function document<T> (path: string, isValid: DocumentOptions<T>['isValid']) {
    return jsonDocument({ path, isValid, onDamaged: options.onDamaged, now: options.now })
  }

  async function loadOwnNumbers (): Promise<Set<string>> {
    try {
      return new Set(await loadOrNull(async () => (await ownNumbersDocument.load()).value?.phone_hashes ?? null))
    } catch (error) {
      await unlock()
      throw error
    }
  }

  function documentsOf (phoneHash: string): CallerDocuments {
    const callers = shardOf('callers', phoneHash)
    const name = `${phoneHash}.json`
    // A file copied under another caller's name would tell them what is not theirs.
    const theirs = <T extends { phone_hash: string }>(isValid: DocumentOptions<T>['isValid']) =>
      (value: unknown): value is T => isValid(value) && value.phone_hash === phoneHash
    return {
      record: document(join(callers, name), theirs(checks.caller)),
      mark: document(join(shardOf('erasures', phoneHash), name), theirs(checks.mark)),
      removeRemains: () => storage(async () => {
        const remains = (await listFolder(callers)).filter((each) => each.startsWith(`${name}.`))
        await Promise.all(remains.map((each) => removeDurable(join(callers, each))))
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

  async function update<T> (phoneHash: string, update: Change<T>): Promise<T> {
    return await (await change(phoneHash, update)).saved
  }

  /** Who has a file of this kind, in order; files that we did not make are left alone. */
  async function * hashesIn (kind: 'callers' | 'erasures', after: string): AsyncGenerator<string> {
    const shards = await storage(() => listFolder(join(folder, kind)))
    for (const shard of shards.filter((name) => /^[0-9a-f]{2}$/.test(name) && name >= after.slice(0, 2)).sort()) {
      const names = await storage(() => listFolder(join(folder, kind, shard)))
      const hashes = names.filter((name) => /^[0-9a-f]{64}\.json$/.test(name)).map((name) => name.slice(0, 64)).sort()
      yield * hashes.filter((phoneHash) => phoneHash > after)
    }
  }

  return {
    load: (phoneHash) => queueOf(phoneHash).current(),

    update,

    async updateSoon (phoneHash, update) {
      const { result, saved } = await change(phoneHash, update)
      saved.catch((error: unknown) => onLost(phoneHash, error))
      return result
    },

    async listCallers (after, limit) {
      const callers: StoredCaller[] = []
      for await (const phoneHash of hashesIn('callers', after ?? '')) {
        if (callers.length === limit) return { callers, next: callers.at(-1)!.phone_hash }
        const caller = await loadOrNull(() => queueOf(phoneHash).current())
        if (caller !== null && caller.record !== null) callers.push(caller.record)
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
      for await (const phoneHash of hashesIn('erasures', '')) {
        if (await loadOrNull(() => update(phoneHash, dropErasureMark(instant)))) dropped++
      }
      return dropped
    },

    check: () => (checking ??= storage(() => probe(folder)).finally(() => { checking = null })),

    async close () {
      if (queues.size > 0) await once(activity, 'idle')
      await oneAtATime(async () => {})
      await unlock()
    }
  }
}

/** Only the owner may look into the data, also when the folder was there before; one that is not ours stays as it is. */
async function prepareFolder (folder: string): Promise<void> {
  await makeFolder(folder)
  const { mode } = await stat(folder)
  if ((mode & 0o077) !== 0) await orNull(chmod(folder, 0o700), 'EPERM')
}

/** Writes a file, reads it back and deletes it. There can be one at a time. */
async function probe (folder: string): Promise<void> {
  const path = join(folder, 'probe.json')
  await writeDurable(path, 'ok')
  await readDurable(path)
  await rm(path)
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
