/** Merges the documents of a backup with those of the store; nothing is lost on either side. Pure. */
import { isDeepStrictEqual } from 'node:util'
import type { GlobalNotes, OwnNumbers } from '../../schemas/caller-record.ts'
import type { DocumentChange } from '../caller/caller.ts'
import { MAX_DELETED_NOTES } from '../caller/notes.ts'
import { compareTimes } from '../time.ts'

/**
 * Merges notes by id, oldest first. The result is how many are new. The limit does not apply here: all notes stay, but
 * new ones are refused until some are deleted. A note that comes back is no longer among the deleted ones.
 *
 * @param overwrite - whether the backup's text wins for a note that is in both
 */
export function restoreNotes (saved: GlobalNotes, overwrite: boolean): DocumentChange<GlobalNotes, number> {
  return (stored) => {
    const before = stored?.notes ?? []
    const [first, second] = overwrite ? [before, saved.notes] : [saved.notes, before]
    const notes = byId([...first, ...second]).sort((a, b) => compareTimes(a.created_at, b.created_at))
    const deleted = byId([...saved.deleted ?? [], ...stored?.deleted ?? []])
      .filter(({ id }) => notes.every((note) => note.id !== id))
      .sort((a, b) => compareTimes(a.at, b.at))
      .slice(-MAX_DELETED_NOTES)
    const value = { version: 1 as const, notes, ...(deleted.length === 0 ? {} : { deleted }) }
    return { value: isDeepStrictEqual(value, stored) ? stored : value, result: notes.length - before.length }
  }
}

/** Of those with the same id, the last one. */
function byId<T extends { id: string }> (list: T[]): T[] {
  return [...new Map(list.map((each) => [each.id, each])).values()]
}

/** The result is how many own numbers are new. */
export function restoreOwnNumbers (saved: OwnNumbers): DocumentChange<OwnNumbers, number> {
  return (stored) => {
    const before = stored?.phone_hashes ?? []
    const hashes = [...new Set([...before, ...saved.phone_hashes])]
    const result = hashes.length - before.length
    return { value: stored !== null && result === 0 ? stored : { version: 1, phone_hashes: hashes }, result }
  }
}
