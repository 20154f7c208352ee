/** One caller in memory: what is stored, and the changes that wait, saved in as few writes as the medium allows. */
import { activeRecord, type Caller, type Change } from '../caller/caller.ts'
import { foldRing, type CallStart } from '../caller/open-ring.ts'
import { StorageBusy, StorageUnavailable } from '../errors.ts'
import type { StoredState } from './documents.ts'
import type { RingJournal, Version } from './driver.ts'
import { unlessUnreadable } from './unreadable.ts'

interface PendingChange {
  /** Whether a crash of the machine may undo it. */
  readonly isSoon: boolean
  /** Returns the next state and keeps the result. If the change throws, keeps its error and the old state. */
  apply (caller: Caller): Caller
  /** Resolves or rejects with the outcome of the last `apply`. */
  settle (): void
  fail (error: unknown): void
}

export interface ChangeProgress<T> {
  result: T
  /** Resolves to the result once it is saved. It differs from `result` if the change had to be applied again. */
  saved: Promise<T>
}

export interface CallerQueueParts {
  phoneHash: string
  rings: RingJournal
  read (): Promise<StoredState>
  isUnchanged (state: StoredState): Promise<boolean>
  /** Resolves to the new state, or to null if another version was found. */
  write (caller: Caller, before: StoredState, isSoon: boolean): Promise<StoredState | null>
  inTurn<T> (work: () => Promise<T>): Promise<T>
  /** On the clock of `performance.now()`: what was read before has to be looked at again. */
  freshSince (): number
  /** Called when no read and no change is pending. */
  onIdle (): void
  /** Called when the journal has no room for a call start, which is then not kept. */
  onLost (error: Error): void
}

/** How long, in milliseconds, a write is repeated because others keep changing the caller. */
const COLLIDING_MS = 5000

/** With so many open call starts a caller is written: every reading folds them all. */
const MAX_OPEN = 20

/** Only writes the open call starts into the record. */
export const unchanged: Change<void> = (caller) => ({ caller, result: undefined })

/** A failure fails every waiting change, so that nothing builds on data that never was stored. */
export class CallerQueue {
  readonly #parts: CallerQueueParts
  /** Null before the first read, and after a failure. */
  #stored: StoredState | null = null
  #seenAt = -Infinity
  #noticedAt = -Infinity
  #reading: Promise<void> | null = null
  /** With every change and open ring so far; null when nothing differs from what is stored. */
  #caller: Caller | null = null
  #waiting: PendingChange[] = []
  #saving: PendingChange[] = []
  #flushing: Promise<void> | null = null
  #users = 0

  constructor (parts: CallerQueueParts) {
    this.#parts = parts
  }

  /** Length of the record's text: what it costs to cache it. */
  get size (): number {
    return this.#stored?.record.size ?? 0
  }

  get isUnsaved (): boolean {
    return this.#flushing !== null
  }

  /** Has the files looked at again if there is another version. */
  noticed (part: 'record' | 'mark', version: Version): void {
    if (this.#stored?.[part].version !== version) this.#noticedAt = performance.now()
  }

  async current (): Promise<Caller> {
    return await this.#use((caller) => caller)
  }

  /** Applies a call start in memory, and leaves it to the journal until the next change is written. */
  async startCall<T> (start: CallStart<T>): Promise<T> {
    return await this.#use((before, stored) => {
      const { phoneHash, rings, onLost } = this.#parts
      const { caller, ring, result } = start(before)
      if (ring === null) return result
      // Both: an erasure may be on its way to the disk.
      const hadRecord = activeRecord(stored.caller) !== null && activeRecord(before) !== null
      if (!rings.add({ ...ring, had_record: hadRecord })) {
        onLost(new StorageBusy())
        return result
      }
      this.#caller = caller
      // If they cannot be written, they stay in the journal.
      if (rings.of(phoneHash).length >= MAX_OPEN) void unlessUnreadable(this.#enqueue(unchanged, undefined, false))
      return result
    })
  }

  /** Applies a change in memory. With `isSoon`, a power cut may undo it. */
  async change<T> (change: Change<T>, isSoon = false): Promise<ChangeProgress<T>> {
    return await this.#use((before, stored) => {
      const first = change(before)
      // A change that changes nothing still waits for earlier ones, and finishes an erasure interrupted by a crash.
      if (first.caller === before && before.record === stored.record.value && this.#flushing === null) {
        return { result: first.result, saved: Promise.resolve(first.result) }
      }
      this.#caller = first.caller
      return { result: first.result, saved: this.#enqueue(change, first.result, isSoon) }
    })
  }

  #enqueue<T> (change: Change<T>, result: T, isSoon: boolean): Promise<T> {
    return new Promise((resolve, reject) => {
      let settle = () => resolve(result)
      this.#waiting.push({
        isSoon,
        apply (caller) {
          try {
            const next = change(caller)
            settle = () => resolve(next.result)
            return next.caller
          } catch (error) {
            settle = () => reject(error)
            return caller
          }
        },
        settle: () => settle(),
        fail: reject
      })
      this.#flushing ??= this.#flush()
    })
  }

  async #flush (): Promise<void> {
    let collidingSince: number | null = null
    try {
      while (this.#waiting.length > 0) {
        const isSaved = await this.#parts.inTurn(async () => await this.#save())
        collidingSince = isSaved ? null : collidingSince ?? performance.now()
        if (collidingSince !== null && performance.now() - collidingSince > COLLIDING_MS) {
          throw new StorageUnavailable({ cause: new Error('others kept changing the caller') })
        }
      }
    } catch (error) {
      // Every waiting change gets the error, whatever it is: none is lost silently.
      [...this.#saving, ...this.#waiting].forEach((pending) => pending.fail(error))
      this.#saving = []
      this.#waiting = []
      this.#stored = null
      this.#caller = null
    }
    this.#flushing = null
    this.#release()
  }

  /** Writes the waiting changes. False if another version was found: then they were applied again to that one. */
  async #save (): Promise<boolean> {
    if (this.#stored === null) this.#rebase(await this.#parts.read())
    const stored = this.#stored!
    const seenAt = performance.now()
    this.#saving = this.#waiting
    this.#waiting = []
    const isSoon = this.#saving.every((pending) => pending.isSoon)
    const { phoneHash, rings } = this.#parts
    const folded = rings.of(phoneHash)
    const saved = await this.#parts.write(this.#caller ?? stored.caller, stored, isSoon)
    if (saved === null) {
      this.#waiting = [...this.#saving, ...this.#waiting]
      this.#saving = []
      this.#seenAt = performance.now()
      this.#rebase(await this.#parts.read())
      return false
    }
    rings.remove(folded)
    // An erasure is acknowledged once nothing of the caller is left, also when other changes follow in the same write.
    const isErased = saved.caller.erasedAt !== stored.caller.erasedAt || activeRecord(saved.caller) === null
    if (isErased) await rings.written()
    const done = this.#saving
    this.#saving = []
    this.#stored = saved
    this.#seenAt = seenAt
    if (this.#waiting.length === 0 && rings.of(phoneHash).length === 0) this.#caller = null
    done.forEach((pending) => pending.settle())
    return true
  }

  #rebase (stored: StoredState): void {
    const { phoneHash, rings } = this.#parts
    rings.remove(rings.of(phoneHash).filter((ring) => foldRing(stored.caller, ring) === stored.caller))
    const started = rings.of(phoneHash).reduce(foldRing, stored.caller)
    const caller = this.#waiting.reduce((changed, pending) => pending.apply(changed), started)
    this.#stored = stored
    this.#caller = caller === stored.caller ? null : caller
  }

  async #refresh (): Promise<void> {
    const seenAt = performance.now()
    try {
      const stored = this.#stored
      if (stored !== null && await this.#parts.isUnchanged(stored)) {
        this.#seenAt = seenAt
        return
      }
      const read = await this.#parts.read()
      // A write that has begun meanwhile checks the version itself.
      if (this.#stored !== stored || this.#saving.length > 0) return
      this.#seenAt = seenAt
      this.#rebase(read)
    } finally {
      this.#reading = null
    }
  }

  async #use<T> (work: (caller: Caller, stored: StoredState) => T): Promise<T> {
    const since = Math.min(performance.now(), Math.max(this.#noticedAt, this.#parts.freshSince()))
    this.#users++
    try {
      while (this.#stored === null || (this.#seenAt < since && this.#saving.length === 0)) {
        await (this.#reading ??= this.#refresh())
      }
      return work(this.#caller ?? this.#stored.caller, this.#stored)
    } finally {
      this.#users--
      this.#release()
    }
  }

  #release (): void {
    if (this.#users === 0 && this.#flushing === null) this.#parts.onIdle()
  }
}
