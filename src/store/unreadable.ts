/** What a walk, or an answer that can do without, passes by: something stored that cannot be read. */
import { RecordDamaged, RecordSealed, StorageUnavailable } from '../errors.ts'

/** Whether an error says that: damaged, sealed with an unknown key, of a newer version, or not given by disk or database. */
export function isUnreadable (error: unknown): boolean {
  return error instanceof RecordDamaged || error instanceof RecordSealed || error instanceof StorageUnavailable
}

/** What `reading` gives, or null when it cannot be read. Defects pass through. */
export async function unlessUnreadable<T> (reading: Promise<T>): Promise<T | null> {
  try {
    return await reading
  } catch (error) {
    if (isUnreadable(error)) return null
    throw error
  }
}
