/** Reading the files of a bridge that may be running: without its lock, and without moving or making anything. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DocumentName } from '../../../schemas/caller-record.ts'
import { callerFrom } from '../../caller/caller.ts'
import { RecordDamaged, RecordSealed, StorageUnavailable } from '../../errors.ts'
import type { DocumentFormat, ReadDocument } from '../document-format.ts'
import type { Formats } from '../formats.ts'
import type { StoreReader } from '../open-store.ts'
import type { CallerKind, ListedCaller } from '../store.ts'

const ROOTS: Record<CallerKind, string[]> = { records: ['callers'], marks: ['erasures'], all: ['callers', 'erasures'] }

/**
 * A caller is read whole: each file is replaced at once, and a record that its mark outdates counts as erased. One file
 * that cannot be read, for whatever reason, makes its caller unreadable and does not end the walk.
 *
 * @throws {StorageUnavailable} there is no such folder, or it cannot be read
 */
export async function openFileReader (folder: string, formats: Formats): Promise<StoreReader> {
  await storage(readdir(folder))
  let shard: { path: string, hashes: string[] } | null = null

  /** Who has a file in a shard, in order. Kept until the walk goes on to the next: it asks for many pages of one shard. */
  async function hashesIn (kind: CallerKind, name: string): Promise<string[]> {
    const path = `${kind}/${name}`
    if (shard?.path !== path) shard = { path, hashes: (await namesIn(kind, name, /^[0-9a-f]{64}\.json$/)).map((each) => each.slice(0, 64)) }
    return shard.hashes
  }

  /** Names in the folders of a kind that have a form, in order; files that we did not make are left alone. */
  async function namesIn (kind: CallerKind, name: string, form: RegExp): Promise<string[]> {
    const lists = await Promise.all(ROOTS[kind].map(async (root) => await orNull(storage(readdir(join(folder, root, name)))) ?? []))
    return [...new Set(lists.flat().filter((each) => form.test(each)))].sort()
  }

  async function readCaller (phoneHash: string): Promise<ListedCaller> {
    const path = (root: string) => join(folder, root, phoneHash.slice(0, 2), `${phoneHash}.json`)
    const mark = await read(path('erasures'), formats.mark(phoneHash))
    const record = await read(path('callers'), formats.record(phoneHash))
    return { phoneHash, ...callerFrom(record?.value ?? null, mark?.value.erased_at ?? null), isSealedAsNow: record?.isSealedAsNow ?? true }
  }

  return {
    async list (kind, after, limit) {
      const found: string[] = []
      const from = after ?? ''
      const shards = (await namesIn(kind, '', /^[0-9a-f]{2}$/)).filter((name) => name >= from.slice(0, 2))
      for (const name of shards) {
        found.push(...(await hashesIn(kind, name)).filter((phoneHash) => phoneHash > from).slice(0, limit + 1 - found.length))
        if (found.length > limit) break
      }
      const hashes = found.slice(0, limit)
      const callers = await Promise.all(hashes.map((phoneHash) => unlessUnreadable(readCaller(phoneHash))))
      return {
        // A file may go while the walk is under way: then there is nothing to tell.
        callers: callers.flatMap((caller) => caller === null || (caller.record === null && caller.erasedAt === null) ? [] : [caller]),
        unreadable: hashes.filter((_, index) => callers[index] === null),
        next: found.length > limit ? hashes.at(-1)! : null
      }
    },

    loadDocument: async <N extends DocumentName>(name: N) => (await read(join(folder, `${name}.json`), formats.document(name)))?.value ?? null,

    close: async () => {}
  }
}

/** A document, or null when there is no file. */
async function read<T> (path: string, format: DocumentFormat<T>): Promise<ReadDocument<T> | null> {
  const text = await orNull(storage(readFile(path, 'utf8')))
  if (text === null) return null
  const document = format.read(text)
  if (document === null) throw new RecordDamaged('it was left where it is')
  return document
}

/** Null for what is damaged, sealed with an unknown key, of a newer version, or on a bad part of the disk. */
async function unlessUnreadable<T> (pending: Promise<T>): Promise<T | null> {
  try {
    return await pending
  } catch (error) {
    if (error instanceof RecordDamaged || error instanceof RecordSealed || error instanceof StorageUnavailable) return null
    throw error
  }
}

async function storage<T> (pending: Promise<T>): Promise<T> {
  try {
    return await pending
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw new StorageUnavailable({ cause: error })
    throw error
  }
}

/** Null when the file or folder is not there. */
async function orNull<T> (pending: Promise<T>): Promise<T | null> {
  try {
    return await pending
  } catch (error) {
    if (error instanceof StorageUnavailable && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return null
    throw error
  }
}
