/** Documents of a backup united with those of the store; nothing is lost on either side. Pure. */
import { isDeepStrictEqual } from 'node:util'
import type { GlobalNotes, Note, OwnNumbers } from '../../schemas/caller-record.ts'
import type { DocumentChange } from '../store/store.ts'

/**
 * Notes of both, by id, oldest first. The result is how many are new. There may be more than an operator may add then:
 * none is lost, and more are refused until some were deleted.
 *
 * @param overwrite - of a note in both the backup's text counts, otherwise the store's
 */
export function restoreNotes (saved: GlobalNotes, overwrite: boolean): DocumentChange<GlobalNotes, number> {
  return (stored) => {
    const before = stored?.notes ?? []
    const [first, second] = overwrite ? [before, saved.notes] : [saved.notes, before]
    const notes = [...new Map([...first, ...second].map((note) => [note.id, note])).values()].sort(byTime)
    const result = notes.length - before.length
    return { value: stored !== null && isDeepStrictEqual(notes, before) ? stored : { version: 1, notes }, result }
  }
}

/** Own numbers of both. The result is how many are new. */
export function restoreOwnNumbers (saved: OwnNumbers): DocumentChange<OwnNumbers, number> {
  return (stored) => {
    const before = stored?.phone_hashes ?? []
    const hashes = [...new Set([...before, ...saved.phone_hashes])]
    const result = hashes.length - before.length
    return { value: stored !== null && result === 0 ? stored : { version: 1, phone_hashes: hashes }, result }
  }
}

function byTime (one: Note, other: Note): number {
  return one.created_at < other.created_at ? -1 : one.created_at > other.created_at ? 1 : 0
}
