/** The learning queue as rows that any number of bridges share: each entry is taken by one of them. */
import { randomUUID } from 'node:crypto'
import type { QueuedCaller, LearningQueue } from '../store.ts'
import type { Database } from './database.ts'

interface QueueRow {
  phone_hash: string
  noted_at: string
  token: string
}

export function queueRows (database: Database, now: () => Date): LearningQueue {
  return {
    async schedule (phoneHash, dueAt) {
      await database.run(`INSERT INTO work (phone_hash, due_at, noted_at, token) VALUES ($1, $2, $3, $4)
        ON CONFLICT (phone_hash) DO UPDATE
        SET due_at = LEAST(work.due_at, excluded.due_at), noted_at = excluded.noted_at, token = excluded.token`,
      [phoneHash, dueAt, now().toISOString(), randomUUID()])
    },

    take: (at, until) => database.transaction(async (run): Promise<QueuedCaller | null> => {
      const query = 'SELECT phone_hash, noted_at, token FROM work WHERE due_at <= $1 ' +
        'ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED'
      const { rows: [row] } = await run<QueueRow>(query, [at])
      if (row === undefined) return null
      await run('UPDATE work SET due_at = $2 WHERE phone_hash = $1', [row.phone_hash, until])
      return { phoneHash: row.phone_hash, scheduledAt: row.noted_at, token: row.token }
    }),

    async complete ({ phoneHash, token }, dueAt) {
      await (dueAt === null
        ? database.run('DELETE FROM work WHERE phone_hash = $1 AND token = $2', [phoneHash, token])
        : database.run('UPDATE work SET due_at = $3 WHERE phone_hash = $1 AND token = $2', [phoneHash, token, dueAt]))
    },

    async list (after, limit) {
      const query = 'SELECT phone_hash FROM work WHERE phone_hash > $1 ORDER BY phone_hash LIMIT $2'
      const { rows } = await database.run<Pick<QueueRow, 'phone_hash'>>(query, [after ?? '', limit + 1])
      const page = rows.slice(0, limit).map((row) => row.phone_hash)
      return { phoneHashes: page, next: rows.length > limit ? page.at(-1) ?? null : null }
    }
  }
}
