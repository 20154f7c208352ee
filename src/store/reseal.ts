/** Sealing everything with the key that seals now, page by page, in a service that goes on working. */
import pLimit from 'p-limit'
import type { Change } from '../caller/caller.ts'
import { RecordDamaged, RecordSealed } from '../errors.ts'
import { recordSealedPage } from './keys-in-use.ts'
import type { Sealer } from './sealer.ts'
import type { Store } from './store.ts'

/** What became of a page. */
export interface ResealedPage {
  /** Records that were written anew. */
  sealed: number
  /** Records, or the notes, that could not be read: they stay as they are, and so do the old keys. */
  unreadable: number
  /** Hand it in as `after` for the next page; null on the last one. */
  next: string | null
}

/** Writes at the same time: a disk syncs a few together, and calls still find room beside them. */
const CONCURRENT_WRITES = 8

/**
 * Seals the records of a page that are plain or sealed with an older key; on the last page the notes, too. Then, if all
 * pages from the first to this one could be read, the old keys are no longer asked for at start. A page may be done
 * again, and a run be broken off and begun anew at any time. Rejects with `StorageUnavailable`.
 *
 * @param after - exclusive; null starts at the first caller
 */
export async function resealPage (store: Store, sealer: Sealer, after: string | null, limit: number): Promise<ResealedPage> {
  const { callers, unreadable, next } = await store.list('records', after, limit)
  const writing = pLimit(CONCURRENT_WRITES)
  const outcomes = await Promise.all(callers
    .filter(({ isCurrent }) => !isCurrent)
    .map(({ phoneHash }) => writing(() => ifReadable(store.update(phoneHash, writeAnew)))))
  const isReadable = next !== null || await ifReadable(resealNotes(store))
  const page = {
    sealed: outcomes.filter((isDone) => isDone).length,
    unreadable: unreadable.length + outcomes.filter((isDone) => !isDone).length + (isReadable ? 0 : 1),
    next
  }

  await store.updateDocument('keys', recordSealedPage(sealer, { after, next, isClean: page.unreadable === 0 }))
  return page
}

/**
 * A copy is another record to a store, which compares by identity: so it is written, as it is written now. No record
 * means that an erasure still has to take away what is stored: a new caller object makes the store do so.
 */
const writeAnew: Change<void> = (caller) => ({
  caller: { ...caller, record: caller.record === null ? null : { ...caller.record } },
  result: undefined
})

async function resealNotes (store: Store): Promise<void> {
  await store.updateDocument('notes', (value) => ({ value: value === null ? null : { ...value }, result: undefined }))
}

/** Whether it could be done: false when what is stored could not be read. Other failures pass through. */
async function ifReadable (work: Promise<void>): Promise<boolean> {
  try {
    await work
    return true
  } catch (error) {
    if (error instanceof RecordDamaged || error instanceof RecordSealed) return false
    throw error
  }
}
