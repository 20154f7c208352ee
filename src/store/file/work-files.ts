/**
 * Callers for whom there is work, as files under `queue/` that say no more than who: the work itself is in their records. When it
 * is due is kept in memory alone, because after a start everything is looked at.
 */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import pLimit from 'p-limit'
import type { WorkList } from '../store.ts'
import { shardOf } from './caller-files.ts'
import { callerHashes } from './caller-hashes.ts'
import type { Disk } from './disk.ts'

export interface WorkFilesOptions {
  folder: string
  disk: Disk
  now: () => Date
}

interface Noted {
  /** ISO 8601. */
  dueAt: string
  notedAt: string
  token: string
}

/** Before any moment there is. */
const ALWAYS = ''

/** The list; the files of an earlier process are found when it is first asked. */
export function workFiles ({ folder, disk, now }: WorkFilesOptions): WorkList & { idle (): Promise<void> } {
  const oneAtATime = pLimit(1)
  let noted: Map<string, Noted> | null = null

  const pathOf = (phoneHash: string) => join(shardOf(folder, 'queue', phoneHash), `${phoneHash}.json`)

  async function found (): Promise<Map<string, Noted>> {
    if (noted !== null) return noted
    const hashes = await callerHashes(folder, { kind: 'work', after: null, count: Infinity }, disk.listFolder)
    noted = new Map(hashes.map((phoneHash) => [phoneHash, { dueAt: ALWAYS, notedAt: ALWAYS, token: ALWAYS }]))
    return noted
  }

  return {
    note: (phoneHash, dueAt) => oneAtATime(async () => {
      const all = await found()
      const before = all.get(phoneHash)
      if (before === undefined) await disk.writeDurable(pathOf(phoneHash), `${JSON.stringify({ phone_hash: phoneHash })}\n`)
      all.set(phoneHash, { dueAt: before !== undefined && before.dueAt < dueAt ? before.dueAt : dueAt, notedAt: now().toISOString(), token: randomUUID() })
    }),

    take: (at, until) => oneAtATime(async () => {
      const all = await found()
      let first: string | null = null
      for (const [phoneHash, { dueAt }] of all) {
        if (dueAt <= at && (first === null || dueAt < all.get(first)!.dueAt)) first = phoneHash
      }
      if (first === null) return null
      const { notedAt, token } = all.get(first)!
      all.set(first, { dueAt: until, notedAt, token })
      return { phoneHash: first, notedAt, token }
    }),

    settle: ({ phoneHash, notedAt, token }, dueAt) => oneAtATime(async () => {
      const all = await found()
      if (all.get(phoneHash)?.token !== token) return
      if (dueAt === null) {
        // First: should the file stay, a later note writes it anew, and the next start looks at it.
        all.delete(phoneHash)
        await disk.removeDurable(pathOf(phoneHash))
      } else {
        all.set(phoneHash, { dueAt, notedAt, token })
      }
    }),

    list: (after, limit) => oneAtATime(async () => {
      const phoneHashes = [...(await found()).keys()].filter((phoneHash) => phoneHash > (after ?? '')).sort()
      const page = phoneHashes.slice(0, limit)
      return { phoneHashes: page, next: phoneHashes.length > limit ? page.at(-1) ?? null : null }
    }),

    idle: () => oneAtATime(async () => {})
  }
}
