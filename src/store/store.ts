/** What the store promises on every driver; test/store-contract.ts tests it. */
import type { DocumentName, Documents } from '../../schemas/caller-record.ts'
import type { Caller, Change, DocumentChange } from '../caller/caller.ts'
import type { CallStart } from '../caller/open-ring.ts'

export interface ListedCaller extends Caller {
  phoneHash: string
  /** False when something is plain although there is a key, or sealed with an older key. */
  isCurrent: boolean
}

/** One page of callers, ordered by phone hash. */
export interface CallerPage {
  callers: ListedCaller[]
  /** Damaged (now quarantined), sealed with an unknown key, or not readable from the disk; in order. */
  unreadable: string[]
  /** Pass it as `after` for the next page; null on the last one. */
  next: string | null
}

/** Callers with a record (opt-outs too), with an erasure mark, or with either. */
export type CallerKind = 'records' | 'marks' | 'all'

export interface QueuedCaller {
  phoneHash: string
  /** ISO 8601. */
  scheduledAt: string
  /** Changes each time the caller is scheduled. */
  token: string
}

/** Callers to learn from, shared by all bridges on one database. May reject with `StorageUnavailable`. */
export interface LearningQueue {
  /** Durable. Call it before writing a job into the record. Of two due times (ISO 8601) the earlier one counts. */
  schedule (phoneHash: string, dueAt: string): Promise<void>
  /**
   * The caller who has been due longest at `now`, or null. Nobody else gets them until `until`, unless they are
   * scheduled again meanwhile. After a crash they are due again then, or at the next start.
   */
  take (now: string, until: string): Promise<QueuedCaller | null>
  /** Null removes the entry. Changes nothing if the caller was scheduled again since `take`. */
  complete (work: QueuedCaller, dueAt: string | null): Promise<void>
  list (after: string | null, limit: number): Promise<{ phoneHashes: string[], next: string | null }>
}

/**
 * Stores callers, and a few documents that belong to no caller. Every method may reject with `StorageUnavailable`, with
 * `RecordSealed` when a document cannot be opened, and with `RecordDamaged` after quarantining a damaged one.
 */
export interface Store {
  /** For receipts and logs. */
  readonly driver: 'files' | 'postgresql'

  readonly queue: LearningQueue

  /** Includes changes that are not on disk yet. For an unknown caller everything is null. */
  load (phoneHash: string): Promise<Caller>

  /**
   * Applies a change under the caller's lock, and resolves once it is durable. If the change throws, nothing is
   * written. It is applied again to fresh data if the record was changed from outside meanwhile.
   */
  update<T> (phoneHash: string, change: Change<T>): Promise<T>

  /**
   * Like `update`, but does not wait for the disk: a crash of the machine may undo it. With files it only waits for
   * what is not in memory yet.
   *
   * @param patienceMs - longest wait for a slot, in milliseconds: then it rejects with `StorageBusy`. Default: no limit
   */
  startCall<T> (phoneHash: string, change: CallStart<T>, patienceMs?: number): Promise<T>

  /** At most `limit` callers, with phone hashes after `after`; null starts at the first. */
  list (kind: CallerKind, after: string | null, limit: number): Promise<CallerPage>

  /** Null when there is none. Changes made elsewhere show within a second. While it is in memory, nothing is read. */
  loadDocument<N extends DocumentName> (name: N): Promise<Documents[N] | null>

  /** Durable; one change at a time. */
  updateDocument<N extends DocumentName, T> (name: N, change: DocumentChange<Documents[N], T>): Promise<T>

  /** Resolves when data can be written and read back. */
  check (): Promise<void>

  /** Finishes pending writes first. */
  close (): Promise<void>
}
