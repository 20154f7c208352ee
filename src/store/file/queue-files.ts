/** The learning queue as files, one per caller. Due times are not stored: after a start all entries are due. */
import { randomUUID } from 'node:crypto'
import pLimit from 'p-limit'
import type { LearningQueue, QueuedCaller } from '../store.ts'
import { callerHashes, pathIn } from './caller-hashes.ts'
import type { Disk } from './disk.ts'

type QueueEntry = Omit<QueuedCaller, 'phoneHash'> & { dueAt: string }

/** Sorts before every time. */
const ALWAYS = ''

/** Entries of an earlier process are read on first use. */
export function queueFiles (folder: string, disk: Disk, now: () => Date): LearningQueue & { idle (): Promise<void> } {
  const oneAtATime = pLimit(1)
  let entries: Map<string, QueueEntry> | null = null

  const pathOf = (phoneHash: string) => pathIn(folder, `queue/${phoneHash}`)

  async function loadEntries (): Promise<Map<string, QueueEntry>> {
    if (entries !== null) return entries
    const hashes = await callerHashes(folder, 'queue', null, Infinity, disk.listFolder)
    entries = new Map(hashes.map((phoneHash) => [phoneHash, { dueAt: ALWAYS, scheduledAt: ALWAYS, token: ALWAYS }]))
    return entries
  }

  return {
    schedule: (phoneHash, dueAt) => oneAtATime(async () => {
      const all = await loadEntries()
      const before = all.get(phoneHash)
      if (before === undefined) {
        await disk.writeDurable(pathOf(phoneHash), `${JSON.stringify({ phone_hash: phoneHash })}\n`)
      }
      const earliest = before !== undefined && before.dueAt < dueAt ? before.dueAt : dueAt
      all.set(phoneHash, { dueAt: earliest, scheduledAt: now().toISOString(), token: randomUUID() })
    }),

    take: (at, until) => oneAtATime(async () => {
      const all = await loadEntries()
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
      const all = await loadEntries()
      if (all.get(phoneHash)?.token !== token) return
      if (dueAt === null) {
        // Forget it in memory first: if the delete fails, the next schedule or start repairs it.
        all.delete(phoneHash)
        await disk.removeDurable(pathOf(phoneHash))
      } else {
        all.set(phoneHash, { dueAt, scheduledAt, token })
      }
    }),

    list: (after, limit) => oneAtATime(async () => {
      const phoneHashes = [...(await loadEntries()).keys()].filter((phoneHash) => phoneHash > (after ?? '')).sort()
      const page = phoneHashes.slice(0, limit)
      return { phoneHashes: page, next: phoneHashes.length > limit ? page.at(-1) ?? null : null }
    }),

    idle: () => oneAtATime(async () => {})
  }
}
