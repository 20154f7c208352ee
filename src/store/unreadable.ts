import { RecordDamaged, RecordSealed, StorageUnavailable } from '../errors.ts'

/** Damaged, or sealed with an unknown key: it concerns this document alone, and is no fault of the storage. */
export function isDamaged (error: unknown): boolean {
  return error instanceof RecordDamaged || error instanceof RecordSealed
}

/** Damaged, sealed with an unknown key, written by a newer version, or not readable from disk or database. */
export function isUnreadable (error: unknown): boolean {
  return isDamaged(error) || error instanceof StorageUnavailable
}

/** Null when it cannot be read. Rejects with any other error. */
export async function unlessUnreadable<T> (reading: Promise<T>): Promise<T | null> {
  try {
    return await reading
  } catch (error) {
    if (isUnreadable(error)) return null
    throw error
  }
}
