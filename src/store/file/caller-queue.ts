/** The changes of one caller, one after the other, gathered into as few writes as the disk allows. */
import type { ErasureMark, StoredCaller } from '../../../schemas/caller-record.ts'
import { callerFrom, type Caller, type Change } from '../../caller/caller.ts'
import type { JsonDocument, Loaded } from './json-document.ts'

/** Where one caller is kept. */
export interface CallerDocuments {
  record: JsonDocument<StoredCaller>
  mark: JsonDocument<ErasureMark>
  /** Deletes what else holds text of the caller: set-aside copies of the record, and the temp file of a crash. */
  removeRemains (): Promise<void>
}

/** A change on its way: made in memory, then saved. */
export interface ChangeProgress<T> {
  result: T
  /** Resolves to the result once it is durable; the result can differ when the change had to be applied again. */
  saved: Promise<T>
}

interface Job {
  /** Applies the change, keeps its result, gives the next state. A refusal is kept too, and leaves the state alone. */
  apply: (caller: Caller) => Caller
  settle: () => void
  fail: (error: unknown) => void
}

/** What the files held when they were last read or written. */
interface Base {
  caller: Caller
  record: Loaded<StoredCaller>
  mark: Loaded<ErasureMark>
}

/** Reads a caller from their documents. */
async function readCaller ({ record, mark }: CallerDocuments): Promise<Base> {
  const [loadedRecord, loadedMark] = await Promise.all([record.load(), mark.load()])
  return {
    caller: callerFrom(loadedRecord.value, loadedMark.value?.erased_at ?? null),
    record: loadedRecord,
    mark: loadedMark
  }
}

/**
 * Lives as long as it is read or changes are on their way. A failed read or write fails every change that waits; the next
 * one reads afresh, so that nothing is built upon data that never reached the disk.
 */
export class CallerQueue {
  readonly #documents: CallerDocuments
  readonly #phoneHash: string
  readonly #onIdle: () => void
  #base: Base | null = null
  #loading: Promise<void> | null = null
  /** The caller with every change made so far; null before the first. */
  #caller: Caller | null = null
  #pending: Job[] = []
  #flushing: Promise<void> | null = null
  #users = 0

  /** @param onIdle - told when nothing waits any more; the owner then drops the queue */
  constructor (phoneHash: string, documents: CallerDocuments, onIdle: () => void) {
    this.#phoneHash = phoneHash
    this.#documents = documents
    this.#onIdle = onIdle
  }

  /** The caller with every change so far. */
  async current (): Promise<Caller> {
    return await this.#use(async (caller) => caller)
  }

  /** The caller, and whether the record is written as it would be now. */
  async listed (): Promise<Caller & { isSealedAsNow: boolean }> {
    return await this.#use(async (caller) => ({ ...caller, isSealedAsNow: this.#base?.record.isSealedAsNow ?? true }))
  }

  /** Makes a change in memory; what it throws is passed on. */
  async change<T> (change: Change<T>): Promise<ChangeProgress<T>> {
    return await this.#use(async (before) => {
      const first = change(before)
      this.#caller = first.caller

      // A change that changes nothing still waits for what it rests upon, and finishes an erasure that a crash cut off.
      if (first.caller === before && before.record === this.#base?.record.value && this.#flushing === null) {
        return { result: first.result, saved: Promise.resolve(first.result) }
      }
      return { result: first.result, saved: this.#enqueue(change, first.result) }
    })
  }

  #enqueue<T> (change: Change<T>, first: T): Promise<T> {
    const saved = new Promise<T>((resolve, reject) => {
      let outcome: { result: T } | { refusal: unknown } = { result: first }
      this.#pending.push({
        apply: (caller) => {
          try {
            const next = change(caller)
            outcome = { result: next.result }
            return next.caller
          } catch (refusal) {
            outcome = { refusal }
            return caller
          }
        },
        settle: () => 'refusal' in outcome ? reject(outcome.refusal) : resolve(outcome.result),
        fail: reject
      })
    })
    this.#flushing ??= this.#flush()
    return saved
  }

  async #flush (): Promise<void> {
    let batch: Job[] = []
    try {
      while (this.#base !== null && this.#pending.length > 0) {
        const base = await this.#freshBase(this.#base)
        batch = this.#pending
        this.#pending = []
        const saved = await this.#save(base, this.#caller ?? base.caller)
        if (saved === null) {
          this.#pending = [...batch, ...this.#pending]
        } else {
          this.#base = saved
          batch.forEach((job) => job.settle())
        }
        batch = []
      }
    } catch (error) {
      // Whatever the reason, each waiting change is told; none is lost silently.
      [...batch, ...this.#pending].forEach((job) => job.fail(error))
      this.#pending = []
      this.#base = null
      this.#caller = null
    }
    this.#flushing = null
    this.#release()
  }

  /** `base`, or what the files hold now, with the waiting changes made again on it. */
  async #freshBase (base: Base): Promise<Base> {
    const [record, mark] = await Promise.all([
      this.#documents.record.isAt(base.record.stamp), this.#documents.mark.isAt(base.mark.stamp)
    ])
    if (record && mark) return base
    const fresh = await readCaller(this.#documents)
    this.#caller = this.#pending.reduce((caller, job) => job.apply(caller), fresh.caller)
    return fresh
  }

  /**
   * Null when a file was changed by hand at the last moment. A new mark goes first, one that is dropped goes last: a
   * crash between the two leaves an erasure that is honoured, not one that is forgotten.
   */
  async #save (base: Base, caller: Caller): Promise<Base | null> {
    const saved = { ...base, caller }
    const steps = caller.erasedAt === null ? [this.#saveRecord, this.#saveMark] : [this.#saveMark, this.#saveRecord]
    for (const step of steps) if (!await step.call(this, saved)) return null
    return saved
  }

  /** False when the file was changed by hand. */
  async #saveMark (saved: Base): Promise<boolean> {
    const { caller: { erasedAt }, mark } = saved
    if (erasedAt === (mark.value?.erased_at ?? null)) return true
    const value = erasedAt === null ? null : { phone_hash: this.#phoneHash, erased_at: erasedAt }
    const stamp = await this.#documents.mark.save(value, mark.stamp)
    if (stamp === undefined) return false
    saved.mark = { value, stamp, isSealedAsNow: true }
    if (value !== null) await this.#documents.removeRemains()
    return true
  }

  /** False when the file was changed by hand. */
  async #saveRecord (saved: Base): Promise<boolean> {
    const { caller: { record: value }, record } = saved
    if (value === record.value) return true
    const stamp = await this.#documents.record.save(value, record.stamp)
    if (stamp === undefined) return false
    saved.record = { value, stamp, isSealedAsNow: true }
    return true
  }

  async #load (): Promise<void> {
    try {
      this.#base = await readCaller(this.#documents)
    } finally {
      this.#loading = null
    }
  }

  async #use<T> (work: (caller: Caller) => Promise<T>): Promise<T> {
    this.#users++
    try {
      while (this.#base === null) await (this.#loading ??= this.#load())
      return await work(this.#caller ?? this.#base.caller)
    } finally {
      this.#users--
      this.#release()
    }
  }

  #release (): void {
    if (this.#users === 0 && this.#flushing === null) this.#onIdle()
  }
}
