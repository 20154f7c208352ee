/**
 * The PostgreSQL driver. Every change is one transaction, so any number of bridges can work on one database. Only
 * documents that belong to no caller are cached, for a second: another bridge may change or erase anything.
 */
import { randomUUID } from 'node:crypto'
import type { DocumentName, Documents } from '../../../schemas/caller-record.ts'
import { RecordDamaged, RecordSealed } from '../../errors.ts'
import type { Formats } from '../formats.ts'
import { createLimit } from '../limit.ts'
import type { CallerKind, ListedCaller, Store } from '../store.ts'
import { createCallerBatches } from './caller-batches.ts'
import { CALLER_COLUMNS, readRow, saveCaller, selectCaller, type CallerRow, type ReadCaller } from './caller-row.ts'
import { createQuarantine, DamagedDocument } from './quarantine.ts'
import { COMMIT, COMMIT_SOON, openDatabase, ROLLBACK } from './database.ts'
import { documentRow, type DocumentRow } from './document-row.ts'
import { migrateWhenReachable, type DatabaseLog } from './migrate-when-reachable.ts'
import { queueRows } from './queue-rows.ts'

export interface PostgresStoreOptions {
  url: string
  formats: Formats
  /** Called with the row of the table `damaged` for each document that was quarantined. */
  onDamaged: (name: string) => void
  now: () => Date
  /** Gets what no response says: which database is used, and that it cannot be reached. */
  log: DatabaseLog
}

/** Call starts on their way to the database; beyond that they wait. */
const MAX_CALL_STARTS = 500

const WHERE: Record<CallerKind, string> = { records: 'AND record IS NOT NULL', marks: 'AND mark IS NOT NULL', all: '' }

/** @throws {StorageUnavailable} the URL, or a certificate file that it names, cannot be read */
export async function openPostgresStore ({ url, formats, onDamaged, now, log }: PostgresStoreOptions): Promise<Store> {
  const database = await openDatabase(url, (err) => log.warn({ err }, 'a connection to the database was lost'))
  log.info({ driver: 'postgresql', ...database.address }, 'the memory is stored in a database')
  const schema = migrateWhenReachable(database, log)
  const quarantine = createQuarantine({ database, onDamaged, now })
  const callStarts = createLimit(MAX_CALL_STARTS)
  const documents = new Map<DocumentName, DocumentRow<unknown>>()
  const running = new Set<Promise<unknown>>()
  let checking: Promise<void> | null = null
  let closing: Promise<void> | null = null

  const batches = createCallerBatches(async (phoneHash, apply, isSoon) => {
    await quarantine(() => database.transaction(async (run) => {
      const before = await selectCaller(run, formats, phoneHash, 'FOR UPDATE')
      await saveCaller(run, formats, before, apply(before.caller))
    }, { ending: () => isSoon() ? COMMIT_SOON : COMMIT }))
  })

  /** Waits until the tables are ready. `close` waits for what runs here. */
  async function perform<T> (work: () => Promise<T>): Promise<T> {
    const performing = schema.ready().then(work)
    running.add(performing)
    try {
      return await performing
    } finally {
      running.delete(performing)
    }
  }

  async function select (phoneHash: string): Promise<ReadCaller> {
    return await quarantine(() => selectCaller(database.run, formats, phoneHash))
  }

  async function listed (row: CallerRow): Promise<ListedCaller> {
    const { phoneHash, caller, record } = await readOrSelect(row)
    return { phoneHash, ...caller, isCurrent: record?.isCurrent ?? true }
  }

  /** A row of a page may be outdated: a damaged one is selected again. */
  async function readOrSelect (row: CallerRow): Promise<ReadCaller> {
    try {
      return readRow(formats, row.phone_hash, row)
    } catch (error) {
      if (!(error instanceof DamagedDocument)) throw error
      return await select(row.phone_hash)
    }
  }

  function document<N extends DocumentName> (name: N): DocumentRow<Documents[N]> {
    if (!documents.has(name)) {
      const row = documentRow(database, name, formats.document(name), quarantine)
      documents.set(name, row as DocumentRow<unknown>)
    }
    return documents.get(name) as DocumentRow<Documents[N]>
  }

  const queue = queueRows(database, now)

  return {
    driver: 'postgresql',

    queue: {
      schedule: (phoneHash, dueAt) => perform(() => queue.schedule(phoneHash, dueAt)),
      take: (at, until) => perform(() => queue.take(at, until)),
      complete: (queued, dueAt) => perform(() => queue.complete(queued, dueAt)),
      list: (after, limit) => perform(() => queue.list(after, limit))
    },

    load: (phoneHash) => perform(async () => (await select(phoneHash)).caller),

    update: (phoneHash, change) => perform(() => batches.change(phoneHash, change, false)),

    updateSoon: (phoneHash, change, patienceMs) => (
      callStarts(() => perform(() => batches.change(phoneHash, change, true)), patienceMs)
    ),

    list: (kind, after, limit) => perform(async () => {
      const query = `SELECT ${CALLER_COLUMNS} FROM callers WHERE phone_hash > $1 ${WHERE[kind]} ` +
        'ORDER BY phone_hash LIMIT $2'
      const { rows } = await database.run<CallerRow>(query, [after ?? '', limit + 1])
      const page = rows.slice(0, limit)
      const callers: ListedCaller[] = []
      const unreadable: string[] = []
      for (const row of page) {
        try {
          callers.push(await listed(row))
        } catch (error) {
          if (!(error instanceof RecordDamaged || error instanceof RecordSealed)) throw error
          unreadable.push(row.phone_hash)
        }
      }
      return { callers, unreadable, next: rows.length > limit ? page.at(-1)?.phone_hash ?? null : null }
    }),

    loadDocument: (name) => perform(() => document(name).load()),

    updateDocument: (name, change) => perform(() => document(name).update(change)),

    check: () => (checking ??= perform(() => database.transaction(async (run) => {
      await run('INSERT INTO documents (name, body) VALUES ($1, $2)', [`probe ${randomUUID()}`, ''])
    }, { ending: () => ROLLBACK })).finally(() => { checking = null })),

    close: () => (closing ??= (async () => {
      await schema.close()
      while (running.size > 0) await Promise.allSettled(running)
      await database.close()
    })())
  }
}
