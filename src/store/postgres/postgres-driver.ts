/** The PostgreSQL driver. Any number of bridges can work on one database: a write says no when another came before. */
import { hash, randomUUID } from 'node:crypto'
import { fixedRings, type Driver, type StoredText, type Version, type Write } from '../driver.ts'
import { createBatches } from '../limits.ts'
import type { CallerKind, LearningQueue } from '../store.ts'
import { COMMIT, COMMIT_SOON, ROLLBACK, type Database, type Run } from './database.ts'

interface QueueRow {
  phone_hash: string
  noted_at: string
  token: string
}

/** Where a text is stored. The texts of a caller share a row, which is there while it has one. */
interface Place {
  table: 'callers' | 'documents'
  idColumn: 'phone_hash' | 'name'
  id: string
  column: 'record' | 'mark' | 'rings' | 'body'
}

const COLUMNS: Record<string, Place['column']> = { callers: 'record', erasures: 'mark', rings: 'rings' }

/** Call starts in one statement. While it is under way, the next ones gather. */
const MAX_STARTS = 32

const WHERE: Record<CallerKind, string> = { records: 'AND record IS NOT NULL', marks: 'AND mark IS NOT NULL', all: '' }

/** A text is its own version: bridges of an older version write without counting. */
export function postgresDriver (database: Database, now: () => Date): Driver {
  const writeStarts = createBatches((starts: Write[][]) => updateRings(database, starts), MAX_STARTS)

  return {
    name: 'postgresql',
    isShared: true,
    rings: fixedRings([]),
    hearsSince: () => Infinity,
    listen: () => {},
    queue: queueRows(database, now),

    async read (keys) {
      const places = keys.map(placeOf)
      const texts = new Map<string, string | null>()
      for (const table of ['callers', 'documents'] as const) {
        const here = places.filter((place) => place.table === table)
        const [first] = here
        if (first === undefined) continue
        const columns = [...new Set(here.map(({ column }) => column))]
        const { rows } = await database.run<Record<string, string | null>>(
          `SELECT ${[first.idColumn, ...columns].join(', ')} FROM ${table} WHERE ${first.idColumn} = ANY($1)`,
          [[...new Set(here.map(({ id }) => id))]]
        )
        for (const row of rows) {
          for (const column of columns) texts.set(`${column} ${row[first.idColumn]}`, row[column] ?? null)
        }
      }
      return places.map(({ column, id }): StoredText | null => {
        const text = texts.get(`${column} ${id}`) ?? null
        return text === null ? null : { text, version: text }
      })
    },

    areUnchanged: async () => false,

    async write (writes, isSoon) {
      return await (isSoon && isStart(writes) ? writeStarts(writes) : writeTexts(database, writes, isSoon))
    },

    inTurn: (work) => work(),

    async list (kind, after, limit) {
      const query = `SELECT phone_hash FROM callers WHERE phone_hash > $1 ${WHERE[kind]} ORDER BY phone_hash LIMIT $2`
      const { rows } = await database.run<Pick<QueueRow, 'phone_hash'>>(query, [after ?? '', limit])
      return rows.map((row) => row.phone_hash)
    },

    quarantine: (key, text) => database.transaction(async (run) => {
      const place = placeOf(key)
      if (!await removeText(run, place, text)) return null
      const id = randomUUID()
      const { table, column } = place
      await run('INSERT INTO damaged (id, phone_hash, name, found_at, body) VALUES ($1, $2, $3, $4, $5)', [
        id, ...(table === 'callers' ? [place.id, column] : [null, place.id]), now().toISOString(), text
      ])
      return `damaged/${id}`
    }),

    check: () => database.transaction(async (run) => {
      await run('INSERT INTO documents (name, body) VALUES ($1, $2)', [`probe ${randomUUID()}`, ''])
    }, ROLLBACK),

    close: () => database.close()
  }
}

function placeOf (key: string): Place {
  const [kind = '', phoneHash] = key.split('/')
  if (phoneHash === undefined) return { table: 'documents', idColumn: 'name', id: key, column: 'body' }
  return { table: 'callers', idColumn: 'phone_hash', id: phoneHash, column: COLUMNS[kind]! }
}

async function writeTexts (database: Database, writes: Write[], isSoon: boolean): Promise<Version[] | null> {
  return await database.transaction(async (run) => {
    const places = writes.map(({ key }) => placeOf(key))
    const [{ table, idColumn, id }] = places as [Place]
    const columns = places.map(({ column }) => column)
    const before = writes.map((write) => write.before)
    const after = writes.map(textAfter)
    const isUnchanged = columns.map((column, n) => `${column} IS NOT DISTINCT FROM $${n + 2}`)
    const where = `WHERE ${[`${idColumn} = $1`, ...isUnchanged].join(' AND ')}`

    if (before.every((text) => text === null)) {
      if (after.every((text) => text === null)) return after
      const insert = `INSERT INTO ${table} (${[idColumn, ...columns].join(', ')}) ` +
        `VALUES (${['$1', ...columns.map((_, n) => `$${n + 2}`)].join(', ')}) ON CONFLICT DO NOTHING`
      if ((await run(insert, [id, ...after])).rowCount !== 1) return null
    } else if (after.every((text) => text === null)) {
      if ((await run(`DELETE FROM ${table} ${where}`, [id, ...before])).rowCount !== 1) return null
    } else {
      const set = columns.map((column, n) => `${column} = $${n + 2 + columns.length}`).join(', ')
      const { rowCount } = await run(`UPDATE ${table} SET ${set} ${where}`, [id, ...before, ...after])
      if (rowCount !== 1) return null
    }
    const isErasure = writes.some(({ key, text }) => key.startsWith('erasures/') && text != null)
    if (isErasure) await run('DELETE FROM damaged WHERE phone_hash = $1', [id])
    return after
  }, isSoon ? COMMIT_SOON : COMMIT)
}

function isStart (writes: Write[]): boolean {
  return writes.every(({ key, text }) => key.startsWith('rings/') ? text != null : text === undefined)
}

/**
 * Writes the call starts of several callers in one statement, which does not wait: neither for the disk, nor for rows
 * that somebody else is writing.
 */
async function updateRings (database: Database, starts: Write[][]): Promise<Array<Version[] | null>> {
  const values: Version[] = []
  const rows = starts.map((writes) => {
    const of = Object.fromEntries(writes.map((write) => [placeOf(write.key).column, write])) as Record<string, Write>
    const { record, mark, rings } = of
    const row = [idOf(writes), ...[record!, mark!, rings!].map(({ before }) => digestOf(before)), textAfter(rings!)]
    values.push(...row)
    return `(${row.map((_, n) => `$${values.length - row.length + n + 1}::text`).join(', ')})`
  })
  const { rows: written } = await database.run<Pick<QueueRow, 'phone_hash'>>(`
    WITH started (phone_hash, record, mark, rings, added) AS (VALUES ${rows.join(', ')}),
    free AS MATERIALIZED (
      SELECT phone_hash FROM callers WHERE phone_hash IN (SELECT phone_hash FROM started) FOR UPDATE SKIP LOCKED
    )
    UPDATE callers SET rings = started.added
    FROM started, free, set_config('synchronous_commit', 'off', true)
    WHERE callers.phone_hash = started.phone_hash AND callers.phone_hash = free.phone_hash
      AND ${['record', 'mark', 'rings'].map((column) =>
        `${digest(`callers.${column}`)} IS NOT DISTINCT FROM started.${column}`).join(' AND ')}
    RETURNING callers.phone_hash`, values)
  const hashes = new Set(written.map((row) => row.phone_hash))
  return starts.map((writes) => hashes.has(idOf(writes)) ? writes.map(textAfter) : null)
}

function textAfter ({ before, text }: Write): Version {
  return text === undefined ? before : text?.join('') ?? null
}

/** In place of the text, which is several kilobytes. */
function digestOf (text: Version): Version {
  return text === null ? null : hash('sha256', text)
}

/** `sha256` gives bytes, written \\x…, in PostgreSQL, and hex digits in CockroachDB. `md5` is refused under FIPS. */
function digest (column: string): string {
  return `ltrim(sha256(convert_to(${column}, 'UTF8'))::text, '\\x')`
}

function idOf ([write]: Write[]): string {
  return placeOf(write!.key).id
}

/** False when the text is no longer there. */
async function removeText (run: Run, { table, id, column }: Place, text: string): Promise<boolean> {
  if (table === 'documents') {
    return (await run('DELETE FROM documents WHERE name = $1 AND body = $2', [id, text])).rowCount === 1
  }
  const update = `UPDATE callers SET ${column} = NULL WHERE phone_hash = $1 AND ${column} = $2`
  const { rowCount } = await run(update, [id, text])
  await run('DELETE FROM callers WHERE phone_hash = $1 AND record IS NULL AND mark IS NULL', [id])
  return rowCount === 1
}

/** The learning queue as rows that all bridges share: each entry is taken by one of them. */
function queueRows (database: Database, now: () => Date): LearningQueue {
  return {
    async schedule (phoneHash, dueAt) {
      await database.run(`INSERT INTO work (phone_hash, due_at, noted_at, token) VALUES ($1, $2, $3, $4)
        ON CONFLICT (phone_hash) DO UPDATE
        SET due_at = LEAST(work.due_at, excluded.due_at), noted_at = excluded.noted_at, token = excluded.token`,
      [phoneHash, dueAt, now().toISOString(), randomUUID()])
    },

    async take (at, until) {
      const { rows: [row] } = await database.run<QueueRow>(`UPDATE work SET due_at = $2 WHERE phone_hash = (
          SELECT phone_hash FROM work WHERE due_at <= $1 ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
        ) RETURNING phone_hash, noted_at, token`, [at, until])
      return row === undefined ? null : { phoneHash: row.phone_hash, scheduledAt: row.noted_at, token: row.token }
    },

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
