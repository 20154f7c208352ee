/** Where files lie, and which callers have some. Reads no file, and holds one folder's names at a time. */
import { join, relative } from 'node:path'
import type { CallerKind } from '../store.ts'

const ROOTS: Record<CallerKind | 'queue', string[]> = {
  records: ['callers'],
  marks: ['erasures'],
  all: ['callers', 'erasures'],
  queue: ['queue']
}

export const SHARD = /^[0-9a-f]{2}$/

/**
 * The path of a key, such as `callers/<phone_hash>` or `notes`. There are 256 folders of each kind, so that a million
 * callers do not fill a single one.
 */
export function pathIn (folder: string, key: string): string {
  const [kind = '', phoneHash] = key.split('/')
  return phoneHash === undefined
    ? join(folder, `${kind}.json`)
    : join(folder, kind, phoneHash.slice(0, 2), `${phoneHash}.json`)
}

/** The key of a path; null if no key has it. */
export function keyOf (folder: string, path: string): string | null {
  const key = relative(folder, path).replace(/^(callers|erasures)\/[0-9a-f]{2}\//, '$1/').replace(/\.json$/, '')
  return pathIn(folder, key) === path ? key : null
}

/**
 * In order of phone hash. Ignores files that the bridge did not make.
 *
 * @param after - exclusive; null starts at the first
 * @param listFolder - has to give no names for a missing folder
 */
export async function callerHashes (
  folder: string,
  kind: CallerKind | 'queue',
  after: string | null,
  count: number,
  listFolder: (folder: string) => Promise<string[]>
): Promise<string[]> {
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

  async function namesIn (folders: string[], pattern: RegExp): Promise<string[]> {
    const lists = await Promise.all(folders.map(listFolder))
    return [...new Set(lists.flat().filter((name) => pattern.test(name)))].sort()
  }
}
