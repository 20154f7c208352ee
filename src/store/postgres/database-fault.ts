import pg from 'pg'
import { StorageUnavailable } from '../../errors.ts'

/** One line about a pg error. The error itself carries rows and clients, which must not be logged. */
export class DatabaseFault extends Error {
  override readonly name = 'DatabaseFault'
  /** An SQLSTATE or the code of a network error, if there is one. */
  readonly code: string | undefined
  /** Whether the server sent it: then the connection is still good, unless the server ended it. */
  readonly isFromServer: boolean

  constructor (error: unknown, prefix = '') {
    super(prefix + messageOf(error))
    this.code = codeOf(error)
    this.isFromServer = error instanceof pg.DatabaseError
  }
}

/** Any failure becomes a `StorageUnavailable` with a {@link DatabaseFault} as its cause. */
export async function reaching<T> (work: () => Promise<T>, prefix?: string): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new StorageUnavailable({ cause: new DatabaseFault(error, prefix) })
  }
}

/** Null when the error did not come from the database. */
export function faultBehind (error: unknown): DatabaseFault | null {
  return error instanceof StorageUnavailable && error.cause instanceof DatabaseFault ? error.cause : null
}

function messageOf (error: unknown): string {
  // A host with several addresses fails with one error for each, and no message of its own.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ')
  if (!(error instanceof Error)) return 'unknown error'
  return error instanceof pg.DatabaseError ? `${error.message} (SQLSTATE ${error.code})` : error.message
}

function codeOf (error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
