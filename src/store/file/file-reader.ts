/** Reads the files of a bridge that may be running. Changes nothing, and needs no lock: files are replaced whole. */
import { readdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { LRUCache } from 'lru-cache'
import type { DocumentName } from '../../../schemas/caller-record.ts'
import { callerFrom } from '../../caller/caller.ts'
import { RecordDamaged, StorageUnavailable } from '../../errors.ts'
import type { DocumentFormat, ReadDocument } from '../document-format.ts'
import type { Formats } from '../formats.ts'
import type { StoreReader } from '../open-store.ts'
import type { ListedCaller } from '../store.ts'
import { unlessUnreadable } from '../unreadable.ts'
import { callerHashes } from './caller-hashes.ts'
import { shardOf } from './caller-files.ts'
import type { Disk } from './disk.ts'
import type { StampedText } from './stamped-file.ts'
import { isSystemError } from './system-error.ts'

/** @throws {StorageUnavailable} there is no such folder, or it cannot be read */
export async function openFileReader (dataDir: string, formats: Formats, disk: Disk): Promise<StoreReader> {
  const folder = resolve(dataDir)
  await requireFolder(folder)
  /** Names in the current shard, for records and for marks: a walk reads many pages from one shard. */
  const shards = new LRUCache<string, string[]>({ max: 2 })

  async function listFolder (path: string): Promise<string[]> {
    // Not cached: new shards may appear.
    if (dirname(path) === folder) return await disk.listFolder(path)
    const names = shards.get(path) ?? await disk.listFolder(path)
    shards.set(path, names)
    return names
  }

  async function readCaller (phoneHash: string): Promise<ListedCaller> {
    const path = (kind: 'callers' | 'erasures') => join(shardOf(folder, kind, phoneHash), `${phoneHash}.json`)
    const [markFile = null, recordFile = null] = await disk.readFiles([path('erasures'), path('callers')])
    const mark = parse(markFile, formats.mark(phoneHash))
    const record = parse(recordFile, formats.record(phoneHash))
    const caller = callerFrom(record?.value ?? null, mark?.value.erased_at ?? null)
    return { phoneHash, ...caller, isCurrent: record?.isCurrent ?? true }
  }

  return {
    async list (kind, after, limit) {
      const found = await callerHashes(folder, { kind, after, count: limit + 1 }, listFolder)
      const hashes = found.slice(0, limit)
      const callers = await Promise.all(hashes.map((phoneHash) => unlessUnreadable(readCaller(phoneHash))))
      return {
        // Deleted during the walk: there is nothing to list.
        callers: callers
          .filter((caller) => caller !== null)
          .filter(({ record, erasedAt }) => record !== null || erasedAt !== null),
        unreadable: hashes.filter((_, index) => callers[index] === null),
        next: found.length > limit ? hashes.at(-1)! : null
      }
    },

    async loadDocument<N extends DocumentName> (name: N) {
      const [file = null] = await disk.readFiles([join(folder, `${name}.json`)])
      return parse(file, formats.document(name))?.value ?? null
    },

    close: async () => {}
  }
}

/** A walk would take a missing folder for an empty one. */
async function requireFolder (folder: string): Promise<void> {
  try {
    await readdir(folder)
  } catch (error) {
    if (isSystemError(error)) throw new StorageUnavailable({ cause: error })
    throw error
  }
}

function parse<T> (file: StampedText | null, format: DocumentFormat<T>): ReadDocument<T> | null {
  if (file === null) return null
  const document = format.read(file.text)
  if (document === null) throw new RecordDamaged('it was left in place')
  return document
}
