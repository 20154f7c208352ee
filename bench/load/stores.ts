/** Stores of many callers, in the format of the drivers, but not written through them. */
import { execFile } from 'node:child_process'
import { linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setImmediate as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { postgresServer } from '../../test/postgres.ts'
import { plainFormats } from '../../test/stored.ts'
import { spawnBridge } from '../bridge.ts'
import type { Cleanup } from '../cleanup.ts'
import { recordPath } from '../folder-format.ts'
import { hashOf } from '../people.ts'
import { recordOf } from './records.ts'

export interface GeneratedStore {
  callers: number
  dataDir: string
  /** Settings that open it. */
  env: Record<string, string>
  /** Deletes all callers by hand, and resolves when a running bridge may look. */
  empty (): Promise<void>
  /** Writes all callers as they were at first. */
  fill (): Promise<void>
}

/** Callers written before other events, such as Ctrl+C, get a turn. */
const BATCH = 500

/** Of one file: ext4 has at most 65,000. */
const MAX_LINKS = 50_000

export async function generateFiles (parent: string, callers: number, cleanup: Cleanup): Promise<GeneratedStore> {
  const dataDir = join(await cleanup.folder(parent), 'data')
  const store = {
    callers,
    dataDir,
    env: {},
    empty: async () => {
      for (let n = 0; n < callers; n++) rmSync(recordPath(dataDir, hashOf(n)))
    },
    fill: () => writeFiles(dataDir, callers)
  }
  await store.fill()
  return store
}

function textOf (n: number): string {
  return plainFormats.record(hashOf(n)).write(recordOf(n, new Date())).join('')
}

/** For the start, which reads no record: many names of a few files. */
export async function generateNames (parent: string, callers: number, cleanup: Cleanup): Promise<string> {
  const dataDir = join(await cleanup.folder(parent), 'data')
  makeShards(dataDir)
  let source = ''
  for (let n = 0; n < callers; n++) {
    const path = recordPath(dataDir, hashOf(n))
    if (n % MAX_LINKS === 0) writeFileSync(source = path, textOf(n))
    else linkSync(source, path)
    if (n % BATCH === 0) await pause()
  }
  return dataDir
}

/**
 * Synchronous, because that is three times as fast. Flushed at the end, because otherwise the system writes it half a
 * minute later, and every fsync of the bridge waits for that.
 */
async function writeFiles (dataDir: string, callers: number): Promise<void> {
  makeShards(dataDir)
  for (let n = 0; n < callers; n++) {
    writeFileSync(recordPath(dataDir, hashOf(n)), textOf(n), { mode: 0o600 })
    if (n % BATCH === 0) await pause()
  }
  await promisify(execFile)('sync', ['-f', dataDir])
}

function makeShards (dataDir: string): void {
  for (let shard = 0; shard < 256; shard++) {
    mkdirSync(dirname(recordPath(dataDir, shard.toString(16).padStart(2, '0'))), { recursive: true, mode: 0o700 })
  }
}

/** On a server of its own, with fsync, as in production. */
export async function generateDatabase (callers: number, cleanup: Cleanup): Promise<GeneratedStore> {
  const server = await postgresServer({ teardown: (undo) => cleanup.defer(undo) }, { settings: ['fsync=on'] })
  const url = await server.newDatabase()
  const folder = await cleanup.folder()
  const dataDir = join(folder, 'data')
  const env = { DATABASE_URL: url }
  const bridge = spawnBridge({ dataDir, logFile: join(folder, 'bridge.log'), env }, cleanup)
  await bridge.ready()
  bridge.signal('SIGTERM')
  await bridge.exited

  async function fill (): Promise<void> {
    const client = new pg.Client(url)
    await client.connect()
    for (let first = 0; first < callers; first += BATCH) {
      const numbers = Array.from({ length: Math.min(BATCH, callers - first) }, (_, index) => first + index)
      const records = numbers.map(textOf)
      await client.query(
        'INSERT INTO callers (phone_hash, record) SELECT * FROM unnest($1::text[], $2::text[])',
        [numbers.map(hashOf), records])
    }
    await client.query('VACUUM ANALYZE callers')
    await client.end()
  }

  await fill()
  return { callers, dataDir, env, empty: async () => { await server.sql(url, 'DELETE FROM callers') }, fill }
}
