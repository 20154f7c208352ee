/** A few connections to one database: statements, transactions that are run again when they collide, and no hanging. */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { StorageUnavailable } from '../../errors.ts'
import { DatabaseFault, faultBehind, reaching } from './database-fault.ts'

/** One statement with its values. */
export type Run = <R extends pg.QueryResultRow>(text: string, values?: unknown[]) => Promise<pg.QueryResult<R>>

/** How a transaction ends. */
export const COMMIT = 'COMMIT'
export const ROLLBACK = 'ROLLBACK'
/** Does not wait for the disk: a crash of the server may take it back, and whatever was built upon it with it. */
export const COMMIT_SOON = 'SET LOCAL synchronous_commit = off; COMMIT'
export type Ending = typeof COMMIT | typeof ROLLBACK | typeof COMMIT_SOON

export interface TransactionOptions {
  /** Asked when the work is done. Default: {@link COMMIT}. */
  ending?: () => Ending
  /** SQLSTATEs after which the transaction is run again, besides those of a collision. */
  passing?: readonly string[]
}

/** Every method rejects with `StorageUnavailable` when the database does not do as asked. */
export interface Database {
  /** Where it is, for the log. */
  address: { host: string, port: number, database: string | undefined }
  /** One statement in a transaction of its own. */
  run: Run
  /** Runs `work` in a transaction; it may run several times, each time on fresh data. What it throws is passed on after a rollback. */
  transaction<T> (work: (run: Run) => Promise<T>, options?: TransactionOptions): Promise<T>
  /** Resolves when every connection is closed; those that are busy finish first. */
  close (): Promise<void>
}

/** Thrown by the work of a transaction that met another one: it is rolled back and run again. */
export class Collision extends Error {
  override readonly name = 'Collision'
}

/** Ten replicas have to fit into the 100 connections that PostgreSQL allows by default. */
const MAX_CONNECTIONS = 8

/** A call after an hour without any should not have to wait for a new connection. */
const MIN_CONNECTIONS = 1

/** Firewalls forget connections that are quiet for minutes, and tell neither side; in milliseconds. */
const KEEP_ALIVE_MS = 30_000

/**
 * Longest wait for a connection, be it a new one or one that is in use; in milliseconds. A burst of post-calls is better
 * late than refused; calls that ring have their own deadline.
 */
const CONNECT_MS = 5000

/** The server ends a statement of a transaction after this time, one that waits for a lock too; in milliseconds. */
const STATEMENT_MS = 5000

/** When the server does not, because it does not answer at all, the connection is dropped; in milliseconds. */
const QUERY_MS = 7000

/** Set in every transaction, not on the connection: a pooler such as PgBouncer shares connections between clients. */
const BEGIN = `BEGIN; SET LOCAL statement_timeout = ${STATEMENT_MS}; SET LOCAL idle_in_transaction_session_timeout = ${STATEMENT_MS}`

/**
 * serialization_failure and deadlock_detected
 *
 * @see https://www.postgresql.org/docs/current/mvcc-serialization-failure-handling.html
 */
const COLLISIONS = ['40001', '40P01']

/** How long a transaction that collides is run again, in milliseconds. */
const RETRY_MS = 5000

/** Longest pause between two attempts, in milliseconds. */
const MAX_PAUSE_MS = 100

/**
 * Connects when it is first used.
 *
 * @param url - `postgres://user:password@host:port/database?…`
 * @param onLost - told when a connection that nobody was using ended
 * @throws {StorageUnavailable} the URL cannot be read, or a file of certificates that it names
 */
export async function openDatabase (url: string, onLost: (fault: DatabaseFault) => void): Promise<Database> {
  const options = {
    connectionString: url,
    min: MIN_CONNECTIONS,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: QUERY_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    application_name: 'memory-bridge'
  }
  const { host, port, database } = await reaching(async () => new pg.Client(options), 'DATABASE_URL cannot be used: ')
  const pool = new pg.Pool(options)
  pool.on('error', (error) => onLost(new DatabaseFault(error)))
  pool.on('connect', (client) => client.on('error', () => { /* the statement that runs, or the next one, fails with it */ }))

  async function attempt<T> (work: (run: Run) => Promise<T>, ending: () => Ending): Promise<T> {
    const client = await reaching(() => pool.connect())
    const run: Run = (text, values) => reaching(() => client.query(text, values))
    let isGood = true
    try {
      await run(BEGIN)
      const result = await work(run)
      await run(ending())
      return result
    } catch (error) {
      // A connection that failed, or did not answer in time, has nothing to say any more; the server rolls back itself.
      isGood = faultBehind(error)?.isFromServer !== false && await rollBack(run)
      throw error
    } finally {
      client.release(!isGood)
    }
  }

  return {
    address: { host, port, database },

    run: (text, values) => reaching(() => pool.query(text, values)),

    async transaction (work, { ending = (): Ending => COMMIT, passing = [] } = {}) {
      const codes = [...COLLISIONS, ...passing]
      const until = performance.now() + RETRY_MS
      for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
        try {
          return await attempt(work, ending)
        } catch (error) {
          const collided = error instanceof Collision || codes.includes(faultBehind(error)?.code ?? '')
          if (!collided) throw error
          if (performance.now() > until) throw error instanceof Collision ? new StorageUnavailable({ cause: error }) : error
        }
        // Two that met would meet again without chance in it.
        await sleep(Math.random() * pauseMs)
      }
    },

    close: () => reaching(() => pool.end())
  }
}

/** Whether the connection can be used again. */
async function rollBack (run: Run): Promise<boolean> {
  try {
    await run(ROLLBACK)
    return true
  } catch (error) {
    if (faultBehind(error) === null) throw error
    return false
  }
}
