/** Stores of many callers in PostgreSQL, on a server that runs only for the measurement. */
import { join } from 'node:path'
import pg from 'pg'
import { plainFormats } from '../../test/stored.ts'
import { postgresServer, type PostgresServer } from '../../test/postgres.ts'
import { spawnBridge } from '../bridge.ts'
import type { Cleanup } from '../cleanup.ts'
import { hashOf } from '../people.ts'
import { say } from './progress.ts'
import { recordOf } from './records.ts'
import { MAX_RESTORED, SAY_EVERY, type GeneratedStore } from './stores.ts'
import { untilReady } from './targets.ts'

const BATCH = 500

/** With fsync, as in production. */
export async function startDatabaseServer (cleanup: Cleanup): Promise<PostgresServer> {
  return await postgresServer({ teardown: (undo) => cleanup.defer(undo) }, { settings: ['fsync=on'] })
}

export async function generateDatabase (
  server: PostgresServer, callers: number, cleanup: Cleanup
): Promise<GeneratedStore> {
  const url = await server.newDatabase()
  const folder = await cleanup.folder()
  const dataDir = join(folder, 'data')
  const env = { DATABASE_URL: url }

  const bridge = spawnBridge({ dataDir, logFile: join(folder, 'bridge.log'), env }, cleanup)
  await untilReady(await bridge.listening)
  bridge.signal('SIGTERM')
  await bridge.exited

  await fill(url, callers)
  await server.sql(url, 'VACUUM ANALYZE callers')
  return { callers, dataDir, env, restore: async () => callers > MAX_RESTORED ? undefined : await fill(url, callers) }
}

async function fill (url: string, callers: number): Promise<void> {
  const now = new Date()
  const client = new pg.Client(url)
  await client.connect()
  try {
    for (let first = 0; first < callers; first += BATCH) {
      const hashes = Array.from({ length: Math.min(BATCH, callers - first) }, (_, index) => hashOf(first + index))
      const records = hashes.map((phoneHash, index) =>
        plainFormats.record(phoneHash).write(recordOf(first + index, now)))
      await client.query(
        `INSERT INTO callers (phone_hash, record) SELECT * FROM unnest($1::text[], $2::text[])
         ON CONFLICT (phone_hash) DO UPDATE SET record = excluded.record, mark = NULL`, [hashes, records])
      if (first > 0 && first % SAY_EVERY === 0) say(`  ${first.toLocaleString('en')} callers written`)
    }
  } finally {
    await client.end()
  }
}
