/** Sees to it that the tables are there, also when the database comes later than the bridge. */
import type { Database } from './database.ts'
import { migrate } from './schema.ts'

export type DatabaseLog = Record<'info' | 'warn', (fields: object, message: string) => void>

export interface SchemaMigration {
  /** Resolves when the tables are there. As long as they are not, each call tries; one attempt at a time. */
  ready (): Promise<void>
  /** Gives up, after the attempt that may be running. */
  close (): Promise<void>
}

/** Pause between attempts that nobody asked for, in milliseconds. */
const RETRY_MS = 3000

/** Begins at once. A database that is away is reported once, and once more when it has come. */
export function migrateWhenReachable (database: Database, log: DatabaseLog): SchemaMigration {
  let isReady = false
  let attempt: Promise<void> | null = null
  let wasAway = false

  async function ready (): Promise<void> {
    if (isReady) return
    await (attempt ??= migrate(database).then(() => { isReady = true }).finally(() => { attempt = null }))
  }

  /** Never rejects: whoever needs the tables is told through `ready`. */
  async function look (): Promise<void> {
    try {
      await ready()
      clearInterval(timer)
      if (wasAway) log.info({}, 'the database can be used now')
    } catch (err) {
      if (!wasAway) log.warn({ err }, 'the database cannot be used yet: calls are answered without memory until it can')
      wasAway = true
    }
  }

  const timer = setInterval(() => { looking = look() }, RETRY_MS).unref()
  let looking = look()

  return {
    ready,
    async close () {
      clearInterval(timer)
      await looking
    }
  }
}
