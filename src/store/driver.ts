import type { OpenRing } from '../../schemas/caller-record.ts'
import type { CallerKind, LearningQueue } from './store.ts'

/** Tells one state of a text from another; null when there is none. */
export type Version = string | null

export interface StoredText {
  text: string
  version: string
}

export interface Write {
  key: string
  /** What was read. If there is another version by now, nothing is written. */
  before: Version
  /** In pieces. Null deletes the text. Without it the text stays as it is. */
  text?: readonly string[] | null | undefined
}

/** Call starts that are not in their records yet. All but the writing is done in memory. */
export interface RingJournal {
  /** Of one caller, oldest first. */
  of (phoneHash: string): readonly OpenRing[]
  /** Phone hashes of all callers with open rings. */
  callers (): string[]
  /** Of those whose first open ring is from before a time (ISO 8601), and can be moved into the record. */
  overdue (before: string): string[]
  /** Written within a moment, and tried again until that works. False when too many wait for that: it is not kept. */
  add (ring: OpenRing): boolean
  /** Forgets rings that are in their record by now, or must not come into it. */
  remove (rings: readonly OpenRing[]): void
  /** Resolves when the medium has everything up to now. Rejects with `StorageUnavailable` if the next try fails. */
  written (): Promise<void>
}

/**
 * What a medium has to do: keep texts under keys. A key is `callers/<phone_hash>`, `erasures/<phone_hash>`, on a shared
 * medium also `rings/<phone_hash>`, or the name of a document. Every method may reject with `StorageUnavailable`;
 * test/store-contract.ts tests both drivers.
 */
export interface Driver {
  readonly name: 'files' | 'postgresql'
  /**
   * Whether other processes write, too: then what is cached may be old, a change is certain only once it is written,
   * and call starts are kept beside their record, not in a journal.
   */
  readonly isShared: boolean
  readonly queue: LearningQueue
  /** A shared medium has an empty one. */
  readonly rings: RingJournal
  /**
   * On the clock of `performance.now()`: what was read since then is unchanged, but for what `listen` tells. Infinity
   * when others may change it unnoticed.
   */
  hearsSince (): number
  /** Calls `onChange` with the key and version of what changed, own writes included. Once for each driver. */
  listen (onChange: (key: string, version: Version) => void): void
  /** In order of `keys`; null where there is no text, an error where it alone cannot be read. */
  read (keys: string[]): Promise<Array<StoredText | null | Error>>
  /** Cheaper than to read them. A driver that cannot tell says no. */
  areUnchanged (keys: string[], versions: Version[]): Promise<boolean>
  /**
   * Writes texts of one caller, or one document, in order. Resolves to their versions, or to null if another version
   * was found: then that one and those after it were not written. A new erasure mark also removes what is quarantined.
   *
   * @param isSoon - a crash of the machine may undo it, and a write of call starts alone need not wait for others: null
   *   may also mean that somebody is writing the caller
   */
  write (writes: Write[], isSoon: boolean): Promise<Version[] | null>
  /** Runs a write of the store when the medium has room for it. */
  inTurn<T> (work: () => Promise<T>): Promise<T>
  /** Phone hashes after `after`, in order. */
  list (kind: CallerKind, after: string | null, limit: number): Promise<string[]>
  /** Moves a damaged text aside. Resolves to its new name, or to null if there is another version. */
  quarantine (key: string, version: string): Promise<string | null>
  /** Resolves when data can be written and read back. */
  check (): Promise<void>
  close (): Promise<void>
}

/** A journal that takes nothing: for reading, and where call starts are kept beside their records. */
export function fixedRings (rings: readonly OpenRing[]): RingJournal {
  const ofCaller = new Map<string, OpenRing[]>(rings.map((ring) => [ring.phone_hash, []]))
  for (const ring of rings) ofCaller.get(ring.phone_hash)!.push(ring)
  return {
    of: (phoneHash) => ofCaller.get(phoneHash) ?? [],
    callers: () => [...ofCaller.keys()],
    overdue: () => [],
    add: () => false,
    remove: () => {},
    written: async () => {}
  }
}
