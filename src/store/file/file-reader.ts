/** Reading the files of a bridge that may be running: without its lock, and without moving or making anything. */
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

/**
 * A caller is read whole: each file is replaced at once, and a record that its mark outdates counts as erased. One file
 * that cannot be read, for whatever reason, makes its caller unreadable and does not end the walk.
 *
 * @throws {StorageUnavailable} there is no such folder, or it cannot be read
 */
export async function openFileReader (dataDir: string, formats: Formats, disk: Disk): Promise<StoreReader> {
  const folder = resolve(dataDir)
  await requireFolder(folder)
  /** Names in the shard that the walk is in, one list for records and one for marks: it asks for many pages of one shard. */
  const shards = new LRUCache<string, string[]>({ max: 2 })

  async function listFolder (path: string): Promise<string[]> {
    // A root may gain a shard meanwhile.
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
    return { phoneHash, ...callerFrom(record?.value ?? null, mark?.value.erased_at ?? null), isCurrent: record?.isCurrent ?? true }
  }

  return {
    async list (kind, after, limit) {
      const found = await callerHashes(folder, { kind, after, count: limit + 1 }, listFolder)
      const hashes = found.slice(0, limit)
      const callers = await Promise.all(hashes.map((phoneHash) => unlessUnreadable(readCaller(phoneHash))))
      return {
        // A file may go while the walk is under way: then there is nothing to tell.
        callers: callers.flatMap((caller) => caller === null || (caller.record === null && caller.erasedAt === null) ? [] : [caller]),
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

/** A walk takes a missing folder for an empty one; this is where it is told. */
async function requireFolder (folder: string): Promise<void> {
  try {
    await readdir(folder)
  } catch (error) {
    if (isSystemError(error)) throw new StorageUnavailable({ cause: error })
    throw error
  }
}

/** A document, or null when there is no file. */
function parse<T> (file: StampedText | null, format: DocumentFormat<T>): ReadDocument<T> | null {
  if (file === null) return null
  const document = format.read(file.text)
  if (document === null) throw new RecordDamaged('it was left where it is')
  return document
}
