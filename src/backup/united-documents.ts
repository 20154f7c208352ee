/** Merges the documents of a backup with those of the store; nothing is lost on either side. Pure. */
import { isDeepStrictEqual } from 'node:util'
import type { GlobalNotes, OwnNumbers } from '../../schemas/caller-record.ts'
import type { DocumentChange } from '../store/store.ts'
import { compareTimes } from '../time.ts'

/**
 * Merges notes by id, oldest first. The result is how many are new. The limit does not apply here: all notes stay, but
 * new ones are refused until some are deleted.
 *
 * @param overwrite - whether the backup's text wins for a note that is in both
 */
export function restoreNotes (saved: GlobalNotes, overwrite: boolean): DocumentChange<GlobalNotes, number> {
  return (stored) => {
    const before = stored?.notes ?? []
    const [first, second] = overwrite ? [before, saved.notes] : [saved.notes, before]
    const notes = [...new Map([...first, ...second].map((note) => [note.id, note])).values()]
      .sort((a, b) => compareTimes(a.created_at, b.created_at))
    const result = notes.length - before.length
    return { value: stored !== null && isDeepStrictEqual(notes, before) ? stored : { version: 1, notes }, result }
  }
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
