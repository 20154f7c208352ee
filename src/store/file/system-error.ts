/** Null when `work` fails with one of these codes. */
export function ignoring<T> (codes: string[], work: () => T): T | null {
  try {
    return work()
  } catch (error) {
    if (isSystemError(error) && codes.includes(error.code)) return null
    throw error
  }
}

/** @see https://nodejs.org/api/errors.html#class-systemerror */
export function isSystemError (error: unknown): error is Error & { code: string, syscall: string } {
  return error instanceof Error && 'syscall' in error && 'code' in error
}

/** Whether a file or folder is not there. @see https://nodejs.org/api/errors.html#common-system-errors */
export function isMissing (error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
