/** Who has files, in order of phone hash: a walk that reads no file and holds one folder's names at a time. */
import { join } from 'node:path'
import type { CallerKind } from '../store.ts'

const ROOTS: Record<CallerKind | 'work', string[]> = { records: ['callers'], marks: ['erasures'], all: ['callers', 'erasures'], work: ['queue'] }

/** The name of a folder that callers' files lie in. */
export const SHARD = /^[0-9a-f]{2}$/

export interface HashesAfter {
  kind: CallerKind | 'work'
  /** Exclusive; null starts at the first. */
  after: string | null
  /** How many at most. */
  count: number
}

/**
 * The phone hashes of those that have a file of this kind; files that we did not make are left alone.
 *
 * @param listFolder - the names in a folder, none when there is no such folder
 */
export async function callerHashes (folder: string, { kind, after, count }: HashesAfter, listFolder: (folder: string) => Promise<string[]>): Promise<string[]> {
  const roots = ROOTS[kind].map((root) => join(folder, root))
  const from = after ?? ''
  const hashes: string[] = []
  for (const shard of await namesIn(roots, SHARD)) {
    if (shard < from.slice(0, 2)) continue
    const names = await namesIn(roots.map((root) => join(root, shard)), /^[0-9a-f]{64}\.json$/)
    hashes.push(...names.map((name) => name.slice(0, 64)).filter((phoneHash) => phoneHash > from))
    if (hashes.length >= count) break
  }
  return hashes.slice(0, count)

  /** Names in any of some folders that have a form, in order. */
  async function namesIn (folders: string[], form: RegExp): Promise<string[]> {
    const lists = await Promise.all(folders.map(listFolder))
    return [...new Set(lists.flat().filter((name) => form.test(name)))].sort()
  }
}
