/** What goes wrong with a database, or on the way to it, without anything that must not be logged. */
import pg from 'pg'
import { StorageUnavailable } from '../../errors.ts'

/**
 * What pg's own errors say, in one line. They themselves carry rows (`detail`, `where`) and whole clients: none of that
 * goes along.
 */
export class DatabaseFault extends Error {
  override readonly name = 'DatabaseFault'
  /** An SQLSTATE, or the code of a network error; undefined when there is none. */
  readonly code: string | undefined
  /** Whether the server itself said so: then the connection is still good, unless the server ended it. */
  readonly isFromServer: boolean

  /** @param what - begins the message */
  constructor (error: unknown, what = '') {
    super(what + messageOf(error))
    this.code = codeOf(error)
    this.isFromServer = error instanceof pg.DatabaseError
  }
}

/** Waits for the database; whatever fails becomes a `StorageUnavailable` with a {@link DatabaseFault} as its cause. */
export async function reaching<T> (work: () => Promise<T>, what?: string): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new StorageUnavailable({ cause: new DatabaseFault(error, what) })
  }
}

/** The fault behind an error, or null when the database had no part in it. */
export function faultBehind (error: unknown): DatabaseFault | null {
  return error instanceof StorageUnavailable && error.cause instanceof DatabaseFault ? error.cause : null
}

function messageOf (error: unknown): string {
  // A name with several addresses fails with one error for each, and none of its own.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ')
  if (!(error instanceof Error)) return 'unknown error'
  return error instanceof pg.DatabaseError ? `${error.message} (SQLSTATE ${error.code})` : error.message
}

function codeOf (error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
