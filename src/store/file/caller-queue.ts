/** One caller in memory: what the files hold, and the pending changes, saved in as few writes as the disk allows. */
import type { Caller, Change } from '../../caller/caller.ts'
import { pendingChange, type PendingChange } from '../pending-change.ts'
import type { CallerFiles, StoredState } from './caller-files.ts'

export interface ChangeProgress<T> {
  result: T
  /** Resolves to the result once it is saved. It differs from `result` if the change had to be applied again. */
  saved: Promise<T>
}

export interface CallerQueueOptions {
  files: CallerFiles
  inTurn: (write: () => Promise<void>) => Promise<void>
  /** Called when no read and no change is pending. */
  onIdle: () => void
}

/** Files count as unchanged for this many milliseconds. Edits by hand show after that. */
const FRESH_MS = 500

/** A failure fails every waiting change, so that nothing builds on data that never reached the disk. */
export class CallerQueue {
  readonly #files: CallerFiles
  readonly #inTurn: CallerQueueOptions['inTurn']
  readonly #onIdle: () => void
  /** Null before the first read, and after a failure. */
  #stored: StoredState | null = null
  #seenAt = -Infinity
  #reading: Promise<void> | null = null
  /** With every change so far; null when nothing differs from the files. */
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

  /** Length of the record's file, in characters: what it costs to cache it. */
  get size (): number {
    return this.#stored?.record.size ?? 0
  }

  get isUnsaved (): boolean {
    return this.#flushing !== null
  }

  async current (): Promise<Caller> {
    return await this.#use((caller) => caller)
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
    const saved = pendingChange(change, isSoon, (pending) => this.#waiting.push(pending), { result })
    this.#flushing ??= this.#flush()
    return saved
  }

  async #flush (): Promise<void> {
    try {
      while (this.#waiting.length > 0) await this.#inTurn(async () => await this.#save())
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

  /** Writes the waiting changes. If a file was changed by hand meanwhile, applies them again to what is there now. */
  async #save (): Promise<void> {
    const stored = this.#stored ?? await this.#files.read()
    const seenAt = performance.now()
    this.#saving = this.#waiting
    this.#waiting = []
    const isSoon = this.#saving.every((pending) => pending.isSoon)
    const saved = await this.#files.write(this.#caller ?? stored.caller, stored, isSoon)
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
    done.forEach((pending) => pending.settle())
  }

  #rebase (stored: StoredState): void {
    this.#stored = stored
    this.#caller = this.#waiting.length === 0
      ? null
      : this.#waiting.reduce((caller, pending) => pending.apply(caller), stored.caller)
  }

  async #refresh (): Promise<void> {
    const seenAt = performance.now()
    try {
      const stored = this.#stored
      if (stored !== null && await this.#files.areUnchanged(stored)) {
        this.#seenAt = seenAt
        return
      }
      const read = await this.#files.read()
      // A write that has begun meanwhile checks the files itself.
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
        await (this.#reading ??= this.#refresh())
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
