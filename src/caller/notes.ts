import type { Documents, Note } from '../../schemas/caller-record.ts'
import { NotesFull, NoteUnknown } from '../errors.ts'
import { activeRecord, recordToChange, type Change, type Context, type DocumentChange } from './caller.ts'
import { withoutDeletedWords } from './told.ts'
import { readsLikeAnOrder } from './untrusted.ts'

export const MAX_CALLER_NOTES = 100

/** Notes for everybody. */
export const MAX_GLOBAL_NOTES = 1000

/** Ids of deleted notes for everybody. */
export const MAX_DELETED_NOTES = 1000

export function isCurrentNote (note: Note, now: string): boolean {
  return note.state === undefined && (note.expires_at === null || note.expires_at > now)
}

/** @throws {NotesFull} */
export function withNote (notes: Note[], note: Note, limit: number): Note[] {
  if (notes.length >= limit) throw new NotesFull(limit)
  return [...notes, note]
}

/** @throws {NoteUnknown} */
export function withoutNote (notes: Note[], noteId: string): Note[] {
  const rest = notes.filter((note) => note.id !== noteId)
  if (rest.length === notes.length) throw new NoteUnknown()
  return rest
}

type GlobalNotesChange<T> = DocumentChange<Documents['notes'], T>

/** Of the notes for everybody. @throws {NotesFull} */
export function addGlobalNote (note: Note): GlobalNotesChange<Note> {
  return (stored) => ({
    value: { version: 1, ...stored, notes: withNote(stored?.notes ?? [], note, MAX_GLOBAL_NOTES) }, result: note
  })
}

/** Of the notes for everybody. @throws {NoteUnknown} */
export function removeGlobalNote (noteId: string, now: string): GlobalNotesChange<void> {
  return (stored) => {
    const notes = withoutNote(stored?.notes ?? [], noteId)
    // Calls that were told it have its id only.
    const deleted = [...stored?.deleted ?? [], { id: noteId, at: now }].slice(-MAX_DELETED_NOTES)
    return { value: { version: 1, notes, deleted }, result: undefined }
  }
}

/** A note that reads like an order to the agent is kept, and not told. @throws {CallerOptedOut | NotesFull} */
export function addCallerNote (context: Context, written: Note): Change<Note> {
  const note: Note = readsLikeAnOrder(written.text)
    ? { ...written, state: 'pending', pending_reason: 'order' }
    : written
  return (caller) => {
    const record = recordToChange(caller, context)
    const notes = withNote(record.notes, note, MAX_CALLER_NOTES)
    return { caller: { ...caller, record: { ...record, notes } }, result: note }
  }
}

/** @throws {NoteUnknown} also for an unknown caller */
export function removeCallerNote (noteId: string, now: string): Change<void> {
  return (caller) => {
    const record = activeRecord(caller)
    if (record === null) throw new NoteUnknown()
    const notes = withoutNote(record.notes, noteId)
    const deleted = withoutDeletedWords({ ...record, notes }, new Set([noteId]), now)
    return { caller: { ...caller, record: deleted }, result: undefined }
  }
}
