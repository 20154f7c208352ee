/** Creates and upgrades the tables, even if the database can be reached only later. */
import type { Database } from './database.ts'
import { migrate } from './schema.ts'

export type DatabaseLog = Record<'info' | 'warn', (fields: object, message: string) => void>

export interface SchemaMigration {
  /** Resolves when the tables are up to date. Until then each call tries; one attempt at a time. */
  ready (): Promise<void>
  /** Waits for a running attempt, and makes no other. */
  close (): Promise<void>
}

const RETRY_MS = 3000

export function migrateWhenReachable (database: Database, log: DatabaseLog): SchemaMigration {
  let isReady = false
  let attempt: Promise<void> | null = null
  let wasAway = false

  async function ready (): Promise<void> {
    if (isReady) return
    await (attempt ??= migrate(database).then(() => { isReady = true }).finally(() => { attempt = null }))
  }

  /** Never rejects: each call of `ready` gets its own error. */
  async function tryInBackground (): Promise<void> {
    try {
      await ready()
      clearInterval(timer)
      if (wasAway) log.info({}, 'the database can be used now')
    } catch (err) {
      if (!wasAway) log.warn({ err }, 'the database cannot be used yet: calls get the neutral response until it can')
      wasAway = true
    }
  }

  const timer = setInterval(() => { trying = tryInBackground() }, RETRY_MS).unref()
  let trying = tryInBackground()

  return {
    ready,
    async close () {
      clearInterval(timer)
      await trying
    }
  }
}
