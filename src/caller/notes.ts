/** Dated context from the operator, in a caller's record or in the list for everybody. */
import type { Note } from '../../schemas/caller-record.ts'
import { NotesFull, NoteUnknown } from '../errors.ts'
import { activeRecord, recordToChange, type Change, type Context } from './caller.ts'

/** Notes in one caller's record. */
export const MAX_CALLER_NOTES = 100

/** Notes for everybody. */
export const MAX_GLOBAL_NOTES = 1000

/** Whether a note may still be told. */
export function isCurrentNote (note: Note, now: string): boolean {
  return note.expires_at === null || note.expires_at > now
}

/**
 * `notes` with one more at the end.
 *
 * @throws {NotesFull}
 */
export function withNote (notes: Note[], note: Note, limit: number): Note[] {
  if (notes.length >= limit) throw new NotesFull(limit)
  return [...notes, note]
}

/**
 * `notes` without one.
 *
 * @throws {NoteUnknown}
 */
export function withoutNote (notes: Note[], noteId: string): Note[] {
  const rest = notes.filter((note) => note.id !== noteId)
  if (rest.length === notes.length) throw new NoteUnknown()
  return rest
}

/**
 * Adds a note for one caller.
 *
 * @throws {CallerOptedOut}
 * @throws {NotesFull} beyond {@link MAX_CALLER_NOTES}
 */
export function addCallerNote (context: Context, note: Note): Change<Note> {
  return (caller) => {
    const record = recordToChange(caller, context)
    const notes = withNote(record.notes, note, MAX_CALLER_NOTES)
    return { caller: { ...caller, record: { ...record, notes } }, result: note }
  }
}

/**
 * Deletes a caller's note.
 *
 * @throws {NoteUnknown} also for a caller who is not known
 */
export function removeCallerNote (noteId: string): Change<void> {
  return (caller) => {
    const record = activeRecord(caller)
    if (record === null) throw new NoteUnknown()
    const notes = withoutNote(record.notes, noteId)
    return { caller: { ...caller, record: { ...record, notes } }, result: undefined }
  }
}
