/**
 * The file driver: one JSON document per caller under DATA_DIR, no server beside it.
 *
 * - `callers/<first two hex digits>/<phone_hash>.json`, `erasures/…` alike
 * - `<name>.json` for the documents that are no caller's
 */
import { EventEmitter, once } from 'node:events'
import { chmod, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import pLimit from 'p-limit'
import type { DocumentName, Documents } from '../../../schemas/caller-record.ts'
import { RecordDamaged, RecordSealed } from '../../errors.ts'
import type { DocumentFormat } from '../document-format.ts'
import type { Formats } from '../formats.ts'
import { createRecent, type Recent } from '../recent.ts'
import type { CallerKind, ListedCaller, Store } from '../store.ts'
import { CallerQueue, type CallerDocuments } from './caller-queue.ts'
import { makeFolder, orNull, readDurable, removeDurable, writeDurable } from './durable-file.ts'
import { lockFolder } from './folder-lock.ts'
import { jsonDocument, storage, type JsonDocument } from './json-document.ts'

export interface FileStoreOptions {
  folder: string
  formats: Formats
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
  const { folder, formats, onLost } = options
  await storage(() => prepareFolder(folder))
  const unlock = await lockFolder(folder)

  const queues = new Map<string, CallerQueue>()
  const activity = new EventEmitter()
  const oneAtATime = pLimit(1)
  const documents = new Map<DocumentName, Recent<unknown>>()
  let checking: Promise<void> | null = null

  function documentAt<T> (path: string, format: DocumentFormat<T>): JsonDocument<T> {
    return jsonDocument({ path, format, onDamaged: options.onDamaged, now: options.now })
  }

  function namedDocument<N extends DocumentName> (name: N): JsonDocument<Documents[N]> {
    return documentAt(join(folder, `${name}.json`), formats.document(name))
  }

  function documentsOf (phoneHash: string): CallerDocuments {
    const callers = shardOf('callers', phoneHash)
    const name = `${phoneHash}.json`
    return {
      record: documentAt(join(callers, name), formats.record(phoneHash)),
      mark: documentAt(join(shardOf('erasures', phoneHash), name), formats.mark(phoneHash)),
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

  return {
    driver: 'files',

    load: (phoneHash) => queueOf(phoneHash).current(),

    update: async (phoneHash, change) => await (await queueOf(phoneHash).change(change)).saved,

    async updateSoon (phoneHash, change) {
      const { result, saved } = await queueOf(phoneHash).change(change)
      saved.catch((error: unknown) => onLost(phoneHash, error))
      return result
    },

    async list (kind, after, limit) {
      const callers: ListedCaller[] = []
      const unreadable: string[] = []
      let last: string | null = null
      for await (const phoneHash of hashesIn(folder, kind, after ?? '')) {
        if (callers.length + unreadable.length === limit) return { callers, unreadable, next: last }
        last = phoneHash
        try {
          callers.push({ phoneHash, ...await queueOf(phoneHash).listed() })
        } catch (error) {
          if (!(error instanceof RecordDamaged || error instanceof RecordSealed)) throw error
          unreadable.push(phoneHash)
        }
      }
      return { callers, unreadable, next: null }
    },

    async loadDocument<N extends DocumentName> (name: N) {
      if (!documents.has(name)) documents.set(name, createRecent(async () => (await namedDocument(name).load()).value))
      return await documents.get(name)!.get() as Documents[N] | null
    },

    updateDocument: (name, change) => oneAtATime(async () => {
      for (;;) {
        const document = namedDocument(name)
        const { value, stamp } = await document.load()
        const changed = change(value)
        // Edited by hand meanwhile: once more, on what is there now.
        if (changed.value !== value && await document.save(changed.value, stamp) === undefined) continue
        documents.get(name)?.forget()
        return changed.result
      }
    }),

    check: () => (checking ??= storage(() => probe(folder)).finally(() => { checking = null })),

    async close () {
      if (queues.size > 0) await once(activity, 'idle')
      await oneAtATime(async () => {})
      await unlock()
    }
  }
}

/** Who has a file of this kind, in order; files that we did not make are left alone. */
async function * hashesIn (folder: string, kind: CallerKind, after: string): AsyncGenerator<string> {
  const roots = { records: ['callers'], marks: ['erasures'], all: ['callers', 'erasures'] }[kind].map((root) => join(folder, root))
  for (const shard of await namesIn(roots, /^[0-9a-f]{2}$/)) {
    if (shard < after.slice(0, 2)) continue
    const names = await namesIn(roots.map((root) => join(root, shard)), /^[0-9a-f]{64}\.json$/)
    yield * names.map((name) => name.slice(0, 64)).filter((phoneHash) => phoneHash > after)
  }
}

/** Names in any of some folders that have a form, in order. */
async function namesIn (folders: string[], form: RegExp): Promise<string[]> {
  const lists = await storage(() => Promise.all(folders.map(listFolder)))
  return [...new Set(lists.flat().filter((name) => form.test(name)))].sort()
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
