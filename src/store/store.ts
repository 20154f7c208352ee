/** What a store promises. Drivers keep it; one contract suite holds them to it. */
import type { DocumentName, Documents } from '../../schemas/caller-record.ts'
import type { Caller, Change } from '../caller/caller.ts'

/** A caller as a walk through the store meets them. */
export interface ListedCaller extends Caller {
  phoneHash: string
  /** Whether the record is kept as it would be written now: sealed with the first key, or plain when there is none. */
  isCurrent: boolean
}

/** One page of callers, ordered by phone hash. */
export interface CallerPage {
  callers: ListedCaller[]
  /** Phone hashes of those that could not be read, in order: damaged ones, by now set aside, ones whose seal did not open, and ones that the system does not give. */
  unreadable: string[]
  /** Hand it in as `after` for the next page; null on the last one. */
  next: string | null
}

/** Which callers a walk meets: those with a record (opt-outs too), those with the mark of an erasure, or all. */
export type CallerKind = 'records' | 'marks' | 'all'

/** A change of a document: pure, as it may be applied again. Returning the same `value` writes nothing. */
export type DocumentChange<D, T> = (value: D | null) => { value: D | null, result: T }

/** Somebody for whom there is work. */
export interface QueuedCaller {
  phoneHash: string
  /** When it was last noted, ISO 8601. */
  scheduledAt: string
  /** Tells this note from a later one. */
  token: string
}

/**
 * Notes of callers for whom there is work; what is to be done is in their records. Several bridges on one database share
 * it. Every method may reject with `StorageUnavailable`.
 */
export interface LearningQueue {
  /** Notes, durably, that there is work from `dueAt` (ISO 8601) on: before it is written into the record. */
  schedule (phoneHash: string, dueAt: string): Promise<void>
  /**
   * Somebody whose work is due at `now`, the longest due first; null when nobody's is. Nobody else gets them until `until`, but
   * for a note that comes meanwhile. When whoever took it dies, it is due again then, or after the next start.
   */
  take (now: string, until: string): Promise<QueuedCaller | null>
  /** Says when there is more to do, or with null that all is done. A note that came meanwhile stays as it is. */
  complete (work: QueuedCaller, dueAt: string | null): Promise<void>
  /** Phone hashes above `after`, at most `limit`. */
  list (after: string | null, limit: number): Promise<{ phoneHashes: string[], next: string | null }>
}

/**
 * Keeps callers, and a few documents that are no caller's. Every method may reject with `StorageUnavailable`, with
 * `RecordSealed` when a seal does not open, and with `RecordDamaged` after setting a damaged record aside.
 */
export interface Store {
  /** Where the data lie, for receipts and logs. */
  readonly driver: 'files' | 'postgresql'

  readonly queue: LearningQueue

  /** What is stored about a caller, including changes still on their way to the disk. Never heard of: all null. */
  load (phoneHash: string): Promise<Caller>

  /**
   * Applies a change under the caller's lock; no other change comes between its reading and its writing.
   * Resolves once it is durable. What the change throws is passed on, and nothing is written. The change may be
   * applied again to fresh data when the record was changed from outside meanwhile.
   */
  update<T> (phoneHash: string, change: Change<T>): Promise<T>

  /**
   * As `update`, but resolves without waiting for the disk. Should the write fail later, the store's owner is told
   * through `onLost`. When too many writes are on their way, it waits for a place.
   *
   * @param patienceMs - how long it waits at most, in milliseconds: then it rejects with `StorageBusy`, and nothing is changed.
   *   Default: as long as it takes
   */
  updateSoon<T> (phoneHash: string, change: Change<T>, patienceMs?: number): Promise<T>

  /**
   * Callers with a phone hash above `after`, at most `limit`.
   *
   * @param after - exclusive; null starts at the first
   */
  list (kind: CallerKind, after: string | null, limit: number): Promise<CallerPage>

  /** A document, or null when there is none. What was changed elsewhere is seen within a second. */
  loadDocument<N extends DocumentName> (name: N): Promise<Documents[N] | null>

  /** Changes a document, durably, one change at a time. */
  updateDocument<N extends DocumentName, T> (name: N, change: DocumentChange<Documents[N], T>): Promise<T>

  /** Resolves when data can be written and read back. */
  check (): Promise<void>

  /** Finishes what is on its way to the disk, then lets go of the data. */
  close (): Promise<void>
}
