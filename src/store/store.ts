/** What a store promises. Drivers keep it; one contract suite holds them to it. */
import type { Note, StoredCaller } from '../../schemas/caller-record.ts'
import type { Caller, Change } from '../caller/caller.ts'

/** One page of callers, ordered by phone hash. */
export interface CallerPage {
  callers: StoredCaller[]
  /** Hand it in as `after` for the next page; null on the last one. */
  next: string | null
}

/**
 * Keeps callers, global notes and our own numbers. Every method may reject with `StorageUnavailable`, and
 * with `RecordDamaged` after setting a damaged record aside.
 */
export interface Store {
  /** What is stored about a caller, including changes still on their way to the disk. Never heard of: all null. */
  load (phoneHash: string): Promise<Caller>

  /**
   * Applies a change under the caller's lock; no other change comes between its reading and its writing.
   * Resolves once it is durable. What the change throws is passed on, and nothing is written. The change may be
   * applied again to fresh data when the record was changed from outside meanwhile.
   */
  update<T> (phoneHash: string, change: Change<T>): Promise<T>

  /**
   * As `update`, but resolves as soon as the change is made in memory. The write follows; when it fails, the
   * store's owner is told through `onLost`.
   */
  updateSoon<T> (phoneHash: string, change: Change<T>): Promise<T>

  /**
   * Callers with a phone hash above `after`, at most `limit`. Damaged ones are set aside and left out.
   *
   * @param after - exclusive; null starts at the first
   */
  listCallers (after: string | null, limit: number): Promise<CallerPage>

  /** Notes for everybody, oldest first. */
  loadNotes (): Promise<Note[]>

  /** Changes the notes for everybody, durably, one change at a time. */
  updateNotes<T> (change: (notes: Note[]) => { notes: Note[], result: T }): Promise<T>

  /** Hashes of numbers that were seen to be ours. */
  loadOwnNumbers (): Promise<ReadonlySet<string>>

  /** Remembers a number as ours, durably. Resolves to false when it was known already. */
  addOwnNumber (phoneHash: string): Promise<boolean>

  /** Drops erasure marks made before `instant` (ISO 8601), and finishes erasures that a crash cut off. Resolves to how many were dropped. */
  dropErasureMarks (instant: string): Promise<number>

  /** Resolves when data can be written and read back. */
  check (): Promise<void>

  /** Finishes what is on its way to the disk, then lets go of the data. */
  close (): Promise<void>
}
