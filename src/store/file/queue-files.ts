/**
 * Callers for whom there is work, as files under `queue/` that say no more than who: the work itself is in their records. When it
 * is due is kept in memory alone, because after a start everything is looked at.
 */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import pLimit from 'p-limit'
import type { LearningQueue } from '../store.ts'
import { shardOf } from './caller-files.ts'
import { callerHashes } from './caller-hashes.ts'
import type { Disk } from './disk.ts'

export interface QueueFilesOptions {
  folder: string
  disk: Disk
  now: () => Date
}

interface QueueEntry {
  /** ISO 8601. */
  dueAt: string
  scheduledAt: string
  token: string
}

/** Before any moment there is. */
const ALWAYS = ''

/** The list; the files of an earlier process are found when it is first asked. */
export function queueFiles ({ folder, disk, now }: QueueFilesOptions): LearningQueue & { idle (): Promise<void> } {
  const oneAtATime = pLimit(1)
  let entries: Map<string, QueueEntry> | null = null

  const pathOf = (phoneHash: string) => join(shardOf(folder, 'queue', phoneHash), `${phoneHash}.json`)

  async function found (): Promise<Map<string, QueueEntry>> {
    if (entries !== null) return entries
    const hashes = await callerHashes(folder, { kind: 'work', after: null, count: Infinity }, disk.listFolder)
    entries = new Map(hashes.map((phoneHash) => [phoneHash, { dueAt: ALWAYS, scheduledAt: ALWAYS, token: ALWAYS }]))
    return entries
  }

  return {
    schedule: (phoneHash, dueAt) => oneAtATime(async () => {
      const all = await found()
      const before = all.get(phoneHash)
      if (before === undefined) await disk.writeDurable(pathOf(phoneHash), `${JSON.stringify({ phone_hash: phoneHash })}\n`)
      all.set(phoneHash, { dueAt: before !== undefined && before.dueAt < dueAt ? before.dueAt : dueAt, scheduledAt: now().toISOString(), token: randomUUID() })
    }),

    take: (at, until) => oneAtATime(async () => {
      const all = await found()
      let first: string | null = null
      for (const [phoneHash, { dueAt }] of all) {
        if (dueAt <= at && (first === null || dueAt < all.get(first)!.dueAt)) first = phoneHash
      }
      if (first === null) return null
      const { scheduledAt, token } = all.get(first)!
      all.set(first, { dueAt: until, scheduledAt, token })
      return { phoneHash: first, scheduledAt, token }
    }),

    complete: ({ phoneHash, scheduledAt, token }, dueAt) => oneAtATime(async () => {
      const all = await found()
      if (all.get(phoneHash)?.token !== token) return
      if (dueAt === null) {
        // First: should the file stay, a later note writes it anew, and the next start looks at it.
        all.delete(phoneHash)
        await disk.removeDurable(pathOf(phoneHash))
      } else {
        all.set(phoneHash, { dueAt, scheduledAt, token })
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
