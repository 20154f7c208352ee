/** The tables, and how a database comes to have them: numbered steps, taken once each, however many replicas start at once. */
import { StorageUnavailable } from '../../errors.ts'
import type { Database, Run } from './database.ts'
import { faultBehind } from './database-fault.ts'

/**
 * Each step raises the version of the schema by one. A step that was released is never changed. Replicas of the version
 * before go on working meanwhile: a step may add, and what it takes away must not have been in use by then.
 *
 * `IF NOT EXISTS`, because CockroachDB may commit before each of these statements: a step that was cut off is taken again.
 * Plain text, not JSON columns: what is stored may be sealed, and is checked by its format.
 */
const STEPS: ReadonlyArray<readonly string[]> = [
  [
    'CREATE TABLE IF NOT EXISTS callers (phone_hash text PRIMARY KEY, record text, mark text)',
    // Marks are few, and are swept every day.
    'CREATE INDEX IF NOT EXISTS callers_with_mark ON callers (phone_hash) WHERE mark IS NOT NULL',
    'CREATE TABLE IF NOT EXISTS documents (name text PRIMARY KEY, body text NOT NULL)',
    'CREATE TABLE IF NOT EXISTS damaged (id text PRIMARY KEY, phone_hash text, name text NOT NULL, found_at text NOT NULL, body text NOT NULL)'
  ],
  [
    'CREATE TABLE IF NOT EXISTS work (phone_hash text PRIMARY KEY, due_at text NOT NULL, noted_at text NOT NULL, token text NOT NULL)',
    'CREATE INDEX IF NOT EXISTS work_due ON work (due_at)'
  ]
]

/** The version that is worked with here. */
const VERSION = STEPS.length

/** undefined_table */
const NO_TABLE = '42P01'

/** unique_violation, duplicate_table, duplicate_object: what one of two is told that make a table at once; `IF NOT EXISTS` does not lock. */
const MADE_BY_ANOTHER = ['23505', '42P07', '42710']

/**
 * Brings the schema up to date. The row with the version is the lock: whoever comes second waits, and finds nothing to do.
 *
 * @throws {StorageUnavailable} the database cannot be used, or was upgraded by a newer bridge
 */
export async function migrate (database: Database): Promise<void> {
  // Without any change first: that is the usual case, and the one of a user who may not create tables.
  if (await versionBefore(database.run) === VERSION) return
  await database.transaction(async (run) => {
    await run('CREATE TABLE IF NOT EXISTS bridge_schema (id int4 PRIMARY KEY, version int4 NOT NULL)')
    await run('INSERT INTO bridge_schema (id, version) VALUES (1, 0) ON CONFLICT DO NOTHING')
    const version = await versionIn(run, 'FOR UPDATE')
    if (version === VERSION) return
    for (const statement of STEPS.slice(version).flat()) await run(statement)
    await run('UPDATE bridge_schema SET version = $1 WHERE id = 1', [VERSION])
  }, { passing: MADE_BY_ANOTHER })
}

/** The version, or 0 when there is no table that would say so. */
async function versionBefore (run: Run): Promise<number> {
  try {
    return await versionIn(run, '')
  } catch (error) {
    if (faultBehind(error)?.code === NO_TABLE) return 0
    throw error
  }
}

async function versionIn (run: Run, lock: 'FOR UPDATE' | ''): Promise<number> {
  const { rows } = await run<{ version: number }>(`SELECT version FROM bridge_schema WHERE id = 1 ${lock}`)
  const version = rows[0]?.version ?? 0
  if (version > VERSION) {
    throw new StorageUnavailable({ cause: new Error(`the database has schema version ${version}, and this bridge knows versions up to ${VERSION}: start a newer one`) })
  }
  return version
}
