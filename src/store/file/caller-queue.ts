/** One caller in memory: what the files hold, and the changes on their way there, in as few writes as the disk allows. */
import type { Caller, Change } from '../../caller/caller.ts'
import { pendingChange, type PendingChange } from '../pending-change.ts'
import type { CallerFiles, StoredState } from './caller-files.ts'

/** A change on its way: made in memory, then saved. */
export interface ChangeProgress<T> {
  result: T
  /** Resolves to the result once it is saved; the result can differ when the change had to be applied again. */
  saved: Promise<T>
}

export interface CallerQueueOptions {
  files: CallerFiles
  /** Runs a write when it is its turn. */
  inTurn: (write: () => Promise<void>) => Promise<void>
  /** Told when nobody reads and nothing waits any more. */
  onIdle: () => void
}

/** How long files are taken to be as they were last seen, in milliseconds: what is done to them by hand counts after that. */
const FRESH_MS = 500

/**
 * A failed read or write fails every change that waits; the next one reads afresh, so that nothing is built upon data
 * that never reached the disk.
 */
export class CallerQueue {
  readonly #files: CallerFiles
  readonly #inTurn: CallerQueueOptions['inTurn']
  readonly #onIdle: () => void
  /** Null before the first read, and after a failure. */
  #stored: StoredState | null = null
  #seenAt = -Infinity
  #reading: Promise<void> | null = null
  /** The caller with every change made so far; null when that is what is stored. */
  #caller: Caller | null = null
  #waiting: PendingChange[] = []
  #saving: PendingChange[] = []
  #flushing: Promise<void> | null = null
  #users = 0

  constructor ({ files, inTurn, onIdle }: CallerQueueOptions) {
    this.#files = files
    this.#inTurn = inTurn
    this.#onIdle = onIdle
  }

  /** Characters of the record: what it costs to keep it. */
  get size (): number {
    return this.#stored?.record.size ?? 0
  }

  /** Whether changes are on their way to the disk. */
  get isUnsaved (): boolean {
    return this.#flushing !== null
  }

  /** The caller with every change so far. */
  async current (): Promise<Caller> {
    return await this.#use((caller) => caller)
  }

  /**
   * Makes a change in memory; what it throws is passed on.
   *
   * @param isSoon - a power cut may take it back
   */
  async change<T> (change: Change<T>, isSoon = false): Promise<ChangeProgress<T>> {
    return await this.#use((before, stored) => {
      const first = change(before)
      // A change that changes nothing still waits for what it rests upon, and finishes an erasure that a crash cut off.
      if (first.caller === before && before.record === stored.record.value && this.#flushing === null) {
        return { result: first.result, saved: Promise.resolve(first.result) }
      }
      this.#caller = first.caller
      return { result: first.result, saved: this.#enqueue(change, first.result, isSoon) }
    })
  }

  #enqueue<T> (change: Change<T>, result: T, isSoon: boolean): Promise<T> {
    const saved = pendingChange(change, isSoon, (job) => this.#waiting.push(job), { result })
    this.#flushing ??= this.#flush()
    return saved
  }

  async #flush (): Promise<void> {
    try {
      while (this.#waiting.length > 0) await this.#inTurn(async () => await this.#save())
    } catch (error) {
      // Whatever the reason, each waiting change is told; none is lost silently.
      [...this.#saving, ...this.#waiting].forEach((job) => job.fail(error))
      this.#saving = []
      this.#waiting = []
      this.#stored = null
      this.#caller = null
    }
    this.#flushing = null
    this.#release()
  }

  /** Writes what waits by now; when a file was changed by hand meanwhile, reads it and makes the changes again on that. */
  async #save (): Promise<void> {
    const stored = this.#stored ?? await this.#files.read()
    const seenAt = performance.now()
    this.#saving = this.#waiting
    this.#waiting = []
    const saved = await this.#files.write(this.#caller ?? stored.caller, stored, this.#saving.every(({ isSoon }) => isSoon))
    if (saved === null) {
      this.#waiting = [...this.#saving, ...this.#waiting]
      this.#saving = []
      this.#seenAt = performance.now()
      this.#rebase(await this.#files.read())
      return
    }
    const done = this.#saving
    this.#saving = []
    this.#stored = saved
    this.#seenAt = seenAt
    if (this.#waiting.length === 0) this.#caller = null
    done.forEach((job) => job.settle())
  }

  /** Takes `stored` for what is stored, and makes every waiting change again on it. */
  #rebase (stored: StoredState): void {
    this.#stored = stored
    this.#caller = this.#waiting.length === 0 ? null : this.#waiting.reduce((caller, job) => job.apply(caller), stored.caller)
  }

  /** Reads the files, or has a look at whether they are as they were. */
  async #see (): Promise<void> {
    const seenAt = performance.now()
    try {
      const stored = this.#stored
      if (stored !== null && await this.#files.areAt(stored)) {
        this.#seenAt = seenAt
        return
      }
      const read = await this.#files.read()
      // A write that has begun meanwhile looks for itself.
      if (this.#stored !== stored || this.#saving.length > 0) return
      this.#seenAt = seenAt
      this.#rebase(read)
    } finally {
      this.#reading = null
    }
  }

  async #use<T> (work: (caller: Caller, stored: StoredState) => T): Promise<T> {
    this.#users++
    try {
      while (this.#stored === null || (performance.now() - this.#seenAt > FRESH_MS && this.#saving.length === 0)) {
        await (this.#reading ??= this.#see())
      }
      return work(this.#caller ?? this.#stored.caller, this.#stored)
    } finally {
      this.#users--
      this.#release()
    }
  }

  #release (): void {
    if (this.#users === 0 && this.#flushing === null) this.#onIdle()
  }
}
