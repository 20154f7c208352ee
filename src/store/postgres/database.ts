/** A few connections to one database. Transactions that collide are retried, and nothing hangs. */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { DatabaseFault, faultBehind, reaching } from './database-fault.ts'

export type Run = <R extends pg.QueryResultRow>(text: string, values?: unknown[]) => Promise<pg.QueryResult<R>>

export const COMMIT = 'COMMIT'
export const ROLLBACK = 'ROLLBACK'
/** Does not wait for the disk: a crash of the server may undo it, and whatever was built on it. */
export const COMMIT_SOON = 'SET LOCAL synchronous_commit = off; COMMIT'
export type Ending = typeof COMMIT | typeof ROLLBACK | typeof COMMIT_SOON

/** Every method rejects with `StorageUnavailable` when the database fails. */
export type Database = Awaited<ReturnType<typeof openDatabase>>

/** Ten replicas fit into the 100 connections that PostgreSQL allows by default. */
const MAX_CONNECTIONS = 8

/** The first call after a quiet hour should not wait for a new connection. */
const MIN_CONNECTIONS = 1

/** Firewalls drop connections that are quiet for minutes, and tell neither side. */
const KEEP_ALIVE_MS = 30_000

/** In milliseconds. Call ends are better late than refused; call starts have a deadline of their own. */
const CONNECT_MS = 5000

/** The server ends a statement after this many milliseconds, also one that waits for a lock. */
const STATEMENT_MS = 5000

/** If the server does not respond at all, the connection is dropped after this many milliseconds. */
const QUERY_MS = 7000

/** Set in every transaction, not on the connection: a pooler such as PgBouncer shares connections between clients. */
const BEGIN = `BEGIN; SET LOCAL statement_timeout = ${STATEMENT_MS}; ` +
  `SET LOCAL idle_in_transaction_session_timeout = ${STATEMENT_MS}`

/** @see https://www.postgresql.org/docs/current/mvcc-serialization-failure-handling.html */
const SERIALIZATION_FAILURE = '40001'
const DEADLOCK_DETECTED = '40P01'
const COLLISIONS = [SERIALIZATION_FAILURE, DEADLOCK_DETECTED]

/** How long a colliding transaction is retried, in milliseconds. */
const RETRY_MS = 5000

const MAX_PAUSE_MS = 100

/** @throws {StorageUnavailable} the URL, or a certificate file that it names, cannot be read */
export async function openDatabase (url: string, onLost: (fault: DatabaseFault) => void) {
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
  pool.on('connect', (client) => client.on('error', () => { /* the current or next statement fails with it */ }))

  async function attempt<T> (work: (run: Run) => Promise<T>, ending: Ending): Promise<T> {
    const client = await reaching(() => pool.connect())
    const run: Run = (text, values) => reaching(() => client.query(text, values))
    let isGood = true
    try {
      await run(BEGIN)
      const result = await work(run)
      await run(ending)
      return result
    } catch (error) {
      // A connection that failed, or did not respond in time, is useless; the server then rolls back by itself.
      isGood = faultBehind(error)?.isFromServer !== false && await rollBack(run)
      throw error
    } finally {
      client.release(!isGood)
    }
  }

  return {
    address: { host, port, database },

    /** One statement in a transaction of its own. */
    run: ((text, values) => reaching(() => pool.query(text, values))) as Run,

    /**
     * `work` may run several times, each time on fresh data. If it throws, nothing is committed.
     *
     * @param retryOn - SQLSTATEs, besides those of a collision with another transaction
     */
    async transaction<T> (
      work: (run: Run) => Promise<T>, ending: Ending = COMMIT, retryOn: readonly string[] = []
    ): Promise<T> {
      const codes = [...COLLISIONS, ...retryOn]
      const until = performance.now() + RETRY_MS
      for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
        try {
          return await attempt(work, ending)
        } catch (error) {
          const collided = codes.includes(faultBehind(error)?.code ?? '')
          if (!collided || performance.now() > until) throw error
        }
        // Random, or the same two would collide again.
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
