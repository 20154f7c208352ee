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
import { CallerQueue, type CallerDocuments } from './caller-queue.ts'
import { makeFolder, orNull, readDurable, removeDurable, writeDurable } from './durable-file.ts'
import { lockFolder } from './folder-lock.ts'
import { jsonDocument, storage, type DocumentOptions, type JsonDocument } from './json-document.ts'
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

/** The version of every kind of document, as their schemas have it. */
const VERSION = 1

/** How long our own numbers are taken for known, in milliseconds. */
const OWN_NUMBERS_MS = 1000

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
  const ownNumbers = document(join(folder, 'own-numbers.json'), checks.ownNumbers)
  let ownNumbersRead = { hashes: new Set<string>(), at: -Infinity }
  let checking: Promise<void> | null = null

  function document<T> (path: string, isValid: DocumentOptions<T>['isValid']) {
    return jsonDocument({ path, isValid, version: VERSION, onDamaged: options.onDamaged, now: options.now })
  }

  /** Every ring asks, so the file is read at most once a second; within that an edit by hand counts. */
  async function loadOwnNumbers (): Promise<ReadonlySet<string>> {
    if (performance.now() - ownNumbersRead.at > OWN_NUMBERS_MS) {
      const hashes = await loadOrNull(async () => (await ownNumbers.load()).value?.phone_hashes ?? null)
      ownNumbersRead = { hashes: new Set(hashes), at: performance.now() }
    }
    return ownNumbersRead.hashes
  }

  /** Changes a document that is no caller's, one change at a time; again when it was edited by hand meanwhile. */
  function updateDocument<T, R> (document: JsonDocument<T>, change: (value: T | null) => { value: T, result: R }): Promise<R> {
    return oneAtATime(async () => {
      for (;;) {
        const { value, stamp } = await document.load()
        const changed = change(value)
        if (changed.value === value || await document.save(changed.value, stamp) !== undefined) return changed.result
      }
    })
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

  async function update<T> (phoneHash: string, change: Change<T>): Promise<T> {
    return await (await queueOf(phoneHash).change(change)).saved
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

    async updateSoon (phoneHash, change) {
      const { result, saved } = await queueOf(phoneHash).change(change)
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

    updateNotes: (work) => updateDocument(notes, (value) => {
      const { notes: changed, result } = work(value?.notes ?? [])
      return { value: { version: 1 as const, notes: changed }, result }
    }),

    loadOwnNumbers,

    async addOwnNumber (phoneHash) {
      if ((await loadOwnNumbers()).has(phoneHash)) return false
      const isNew = await updateDocument(ownNumbers, (value) => {
        const hashes = value?.phone_hashes ?? []
        return value !== null && hashes.includes(phoneHash)
          ? { value, result: false }
          : { value: { version: 1 as const, phone_hashes: [...hashes, phoneHash] }, result: true }
      })
      ownNumbersRead.at = -Infinity
      return isNew
    },

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
