import { RecordDamaged, RecordSealed, StorageUnavailable } from '../errors.ts'

/** Damaged, or sealed with an unknown key: it concerns this document alone, and is no fault of the storage. */
export function isDamaged (error: unknown): boolean {
  return error instanceof RecordDamaged || error instanceof RecordSealed
}

/** Damaged, sealed with an unknown key, written by a newer version, or not readable from disk or database. */
export function isUnreadable (error: unknown): boolean {
  return isDamaged(error) || error instanceof StorageUnavailable
}

/** Null when `work` fails with such an error. Rejects with any other. */
export async function orNull<T> (isExpected: (error: unknown) => boolean, work: Promise<T>): Promise<T | null> {
  try {
    return await work
  } catch (error) {
    if (isExpected(error)) return null
    throw error
  }
}
