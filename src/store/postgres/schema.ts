/** The tables. Numbered steps bring a database up to date, once each, however many replicas start at once. */
import { StorageUnavailable } from '../../errors.ts'
import { COMMIT, type Database, type Run } from './database.ts'
import { faultBehind } from './database-fault.ts'

/**
 * Never change a released step. Replicas of the previous version keep working meanwhile: a step may add, but may only
 * remove what they do not use.
 *
 * `IF NOT EXISTS`, because CockroachDB may commit before each of these statements: an interrupted step is run again.
 * Plain text, not JSON columns: stored documents may be sealed, and their format checks them.
 */
const STEPS: ReadonlyArray<readonly string[]> = [
  [
    'CREATE TABLE IF NOT EXISTS callers (phone_hash text PRIMARY KEY, record text, mark text)',
    // Without RETENTION_DAYS, the daily sweep walks through the marks only, which are few.
    'CREATE INDEX IF NOT EXISTS callers_with_mark ON callers (phone_hash) WHERE mark IS NOT NULL',
    'CREATE TABLE IF NOT EXISTS documents (name text PRIMARY KEY, body text NOT NULL)',
    'CREATE TABLE IF NOT EXISTS damaged (' +
      'id text PRIMARY KEY, phone_hash text, name text NOT NULL, found_at text NOT NULL, body text NOT NULL)'
  ],
  [
    'CREATE TABLE IF NOT EXISTS work (' +
      'phone_hash text PRIMARY KEY, due_at text NOT NULL, noted_at text NOT NULL, token text NOT NULL)',
    'CREATE INDEX IF NOT EXISTS work_due ON work (due_at)'
  ],
  // Open call starts. No index: one would make each call start update all indexes.
  ['ALTER TABLE callers ADD COLUMN IF NOT EXISTS rings text']
]

const VERSION = STEPS.length

/** undefined_table */
const NO_TABLE = '42P01'

/** unique_violation, duplicate_table, duplicate_object: `IF NOT EXISTS` takes no lock against another replica. */
const MADE_BY_ANOTHER = ['23505', '42P07', '42710']

/** @throws {StorageUnavailable} the database cannot be used, or was upgraded by a newer bridge */
export async function migrate (database: Database): Promise<void> {
  // Reads first: usually there is nothing to do, and the user may not be allowed to create tables.
  if (await versionBefore(database.run) === VERSION) return
  await database.transaction(async (run) => {
    await run('CREATE TABLE IF NOT EXISTS bridge_schema (id int4 PRIMARY KEY, version int4 NOT NULL)')
    await run('INSERT INTO bridge_schema (id, version) VALUES (1, 0) ON CONFLICT DO NOTHING')
    // This row is the lock: a second replica waits for it, and then finds nothing to do.
    const version = await versionIn(run, 'FOR UPDATE')
    if (version === VERSION) return
    for (const statement of STEPS.slice(version).flat()) await run(statement)
    await run('UPDATE bridge_schema SET version = $1 WHERE id = 1', [VERSION])
  }, COMMIT, MADE_BY_ANOTHER)
}

/** 0 when there is no table yet. */
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
    const reason = `the database has schema version ${version}, and this bridge knows versions up to ${VERSION}: ` +
      'start a newer bridge'
    throw new StorageUnavailable({ cause: new Error(reason) })
  }
  return version
}
