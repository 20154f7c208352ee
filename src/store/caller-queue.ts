/** One caller in memory: what is stored, and the changes that wait, saved in as few writes as the medium allows. */
import type { OpenRing } from '../../schemas/caller-record.ts'
import { activeRecord, type Caller, type Change } from '../caller/caller.ts'
import { foldRing, type CallStart } from '../caller/open-ring.ts'
import { StorageBusy, StorageUnavailable } from '../errors.ts'
import type { StoredDocuments, StoredState } from './documents.ts'
import type { Driver, Version } from './driver.ts'
import { isUnreadable, orNull } from './unreadable.ts'

/** A {@link Change}, or a {@link CallStart}. */
type AnyChange<T> = (caller: Caller) => { caller: Caller, result: T, ring?: NewRing | null }
type NewRing = Omit<OpenRing, 'had_record'>

interface PendingChange<T> {
  change: AnyChange<T>
  /** Of the last time it was applied. A call start that adds no open ring has null; other changes have none. */
  outcome: { result: T, ring?: NewRing | null | undefined } | { error: unknown, ring: null }
  resolve (result: T): void
  reject (error: unknown): void
}

/** What all callers of a store share. */
export interface CallerQueueParts {
  driver: Pick<Driver, 'rings' | 'inTurn' | 'hearsSince'>
  stored: Pick<StoredDocuments, 'loadCallers' | 'isCallerUnchanged' | 'saveCaller' | 'saveRings'>
  /** Where changes by others are not heard, what was read counts as unchanged for so many milliseconds. */
  freshMs: number
  /** Called when no read and no change is pending. */
  onIdle (queue: CallerQueue): void
  /** Called when the journal has no room for a call start, which is then not kept. */
  onLost (phoneHash: string, error: Error): void
}

/** How long, in milliseconds, a write is repeated because others keep changing the caller. */
const COLLIDING_MS = 5000

/** With so many open call starts a caller is written: every reading folds them all. */
const MAX_OPEN = 20

/** After so many refusals call starts are written with their record, which waits for whoever is writing the caller. */
const MAX_REFUSALS = 2

/** Only writes the open call starts into the record. */
export const unchanged: Change<void> = (caller) => ({ caller, result: undefined })

/** A failure fails every waiting change, so that nothing builds on data that never was stored. */
export class CallerQueue {
  readonly phoneHash: string
  readonly #parts: CallerQueueParts
  /** Null before the first read, and after a failure. */
  #stored: StoredState | null = null
  #seenAt = -Infinity
  #noticedAt = -Infinity
  #reading: Promise<void> | null = null
  /** With every change and open ring so far; null when nothing differs from what is stored. */
  #caller: Caller | null = null
  #waiting: Array<PendingChange<unknown>> = []
  #saving: Array<PendingChange<unknown>> = []
  #flushing: Promise<void> | null = null
  #users = 0

  constructor (phoneHash: string, parts: CallerQueueParts) {
    this.phoneHash = phoneHash
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
    return await this.#use((caller) => caller, this.#freshSince())
  }

  /** Applies a call start in memory, and leaves it to the journal until the next change is written. */
  async startCall<T> (start: CallStart<T>): Promise<T> {
    return await this.#use((before, stored) => {
      const { driver: { rings }, onLost } = this.#parts
      const { caller, ring, result } = start(before)
      if (ring === null) return result
      // Checked in what is stored and in memory: an erasure may not be written yet.
      const hadRecord = activeRecord(stored.caller) !== null && activeRecord(before) !== null
      if (!rings.add({ ...ring, had_record: hadRecord })) {
        onLost(this.phoneHash, new StorageBusy())
        return result
      }
      this.#caller = caller
      // If they cannot be written, they stay in the journal.
      const isFull = rings.of(this.phoneHash).length >= MAX_OPEN
      if (isFull) void orNull(isUnreadable, this.#enqueue(unchanged, unchanged(caller)))
      return result
    }, this.#freshSince())
  }

  /**
   * On a shared medium: resolves once the call start is written. What is in memory may be old, but then it is not
   * written. With nothing to write, there has to be a look.
   */
  async startSharedCall<T> (start: CallStart<T>): Promise<T> {
    const { saved } = await this.#use((before, stored) => this.#apply(start, before, stored), -Infinity)
    return await (saved ?? (await this.change(start)).saved)
  }

  /**
   * Applies a change in memory. `saved` resolves to the result once it is saved, which differs from `result` if the
   * change had to be applied again.
   */
  async change<T> (change: AnyChange<T>): Promise<{ result: T, saved: Promise<T> }> {
    return await this.#use((before, stored) => {
      const { result, saved } = this.#apply(change, before, stored)
      return { result, saved: saved ?? Promise.resolve(result) }
    }, this.#freshSince())
  }

  /** `saved` is null if there is nothing to write. */
  #apply<T> (change: AnyChange<T>, before: Caller, stored: StoredState): { result: T, saved: Promise<T> | null } {
    const first = change(before)
    const isWritten = before.record === stored.record.value && stored.rings.value === null
    // A change that changes nothing still waits for earlier ones, and finishes an erasure interrupted by a crash.
    if (first.caller === before && (isWritten || first.ring === null) && this.#flushing === null) {
      return { result: first.result, saved: null }
    }
    this.#caller = first.caller
    return { result: first.result, saved: this.#enqueue(change, first) }
  }

  #enqueue<T> (change: AnyChange<T>, { result, ring }: ReturnType<AnyChange<T>>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const pending: PendingChange<T> = { change, outcome: { result, ring }, resolve, reject }
      this.#waiting.push(pending)
      this.#flushing ??= this.#flush()
    })
  }

  async #flush (): Promise<void> {
    let collidingSince: number | null = null
    let refusals = 0
    try {
      while (this.#waiting.length > 0) {
        const isSaved = await this.#parts.driver.inTurn(() => this.#save(refusals))
        refusals = isSaved ? 0 : refusals + 1
        collidingSince = isSaved ? null : collidingSince ?? performance.now()
        if (collidingSince !== null && performance.now() - collidingSince > COLLIDING_MS) {
          throw new StorageUnavailable({ cause: new Error('others kept changing the caller') })
        }
      }
    } catch (error) {
      // Every waiting change gets the error, whatever it is: none is lost silently.
      for (const { reject } of [...this.#saving, ...this.#waiting]) reject(error)
      this.#saving = []
      this.#waiting = []
      this.#stored = null
      this.#caller = null
    }
    this.#flushing = null
    this.#release()
  }

  /** Writes the waiting changes. False if another version was found: then they were applied again to that one. */
  async #save (refusals: number): Promise<boolean> {
    if (this.#stored === null) this.#rebase(await this.#read())
    const stored = this.#stored!
    const seenAt = performance.now()
    this.#saving = this.#waiting
    this.#waiting = []
    const { rings } = this.#parts.driver
    const folded = rings.of(this.phoneHash)
    const saved = await this.#write(stored, refusals)
    if (saved === null) {
      this.#waiting = [...this.#saving, ...this.#waiting]
      this.#saving = []
      this.#seenAt = performance.now()
      this.#rebase(await this.#read())
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
    if (this.#waiting.length === 0 && rings.of(this.phoneHash).length === 0) this.#caller = null
    done.forEach(settle)
    return true
  }

  async #write (stored: StoredState, refusals: number): Promise<StoredState | null> {
    const caller = this.#caller ?? stored.caller
    const { stored: documents } = this.#parts
    const isSoon = this.#saving.every(({ outcome: { ring } }) => ring !== undefined)
    const started = this.#saving.flatMap(({ outcome: { ring } }) => ring == null ? [] : [{ ...ring, had_record: true }])
    // These call starts add nothing: their calls are in what was written, or read again, since they came, or the caller
    // opted out.
    if (isSoon && started.length === 0) return stored
    const open = started.length + (stored.rings.value?.length ?? 0)
    const isBeside = isSoon && open < MAX_OPEN && refusals < MAX_REFUSALS
    return isBeside && activeRecord(stored.caller) !== null
      ? await documents.saveRings(this.phoneHash, started, caller, stored)
      : await documents.saveCaller(this.phoneHash, caller, stored, isSoon)
  }

  #rebase (stored: StoredState): void {
    const { rings } = this.#parts.driver
    rings.remove(rings.of(this.phoneHash).filter((ring) => foldRing(stored.caller, ring) === stored.caller))
    const started = rings.of(this.phoneHash).reduce(foldRing, stored.caller)
    const caller = this.#waiting.reduce(applyAgain, started)
    this.#stored = stored
    this.#caller = caller === stored.caller ? null : caller
  }

  async #refresh (): Promise<void> {
    const seenAt = performance.now()
    try {
      const stored = this.#stored
      if (stored !== null && await this.#parts.stored.isCallerUnchanged(this.phoneHash, stored)) {
        this.#seenAt = seenAt
        return
      }
      const read = await this.#read()
      // A write that has begun meanwhile checks the version itself.
      if (this.#stored !== stored || this.#saving.length > 0) return
      this.#seenAt = seenAt
      this.#rebase(read)
    } finally {
      this.#reading = null
    }
  }

  async #read (): Promise<StoredState> {
    const [reading] = await this.#parts.stored.loadCallers([this.phoneHash])
    return await reading!
  }

  #freshSince (): number {
    const { driver, freshMs } = this.#parts
    const now = performance.now()
    return Math.min(now, Math.max(this.#noticedAt, Math.min(now - freshMs, driver.hearsSince())))
  }

  /** @param since - what was read before has to be looked at again */
  async #use<T> (work: (caller: Caller, stored: StoredState) => T, since: number): Promise<T> {
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
    if (this.#users === 0 && this.#flushing === null) this.#parts.onIdle(this)
  }
}

/** Returns the next state and keeps the result. If the change throws, keeps its error and the old state. */
function applyAgain (caller: Caller, pending: PendingChange<unknown>): Caller {
  try {
    const { caller: next, ...outcome } = pending.change(caller)
    pending.outcome = outcome
    return next
  } catch (error) {
    pending.outcome = { error, ring: null }
    return caller
  }
}

function settle ({ outcome, resolve, reject }: PendingChange<unknown>): void {
  if ('error' in outcome) reject(outcome.error)
  else resolve(outcome.result)
}
