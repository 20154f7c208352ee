/** Seals all stored data with the current key, page by page, while the bridge runs. */
import pLimit from 'p-limit'
import type { ResealedPage } from '../../schemas/seal.ts'
import type { Change } from '../caller/caller.ts'
import { recordSealedPage } from './keys-in-use.ts'
import type { Sealer } from './sealer.ts'
import type { Store } from './store.ts'
import { isDamaged, orNull } from './unreadable.ts'

/** A disk syncs a few writes together; more would leave no room for calls. */
const CONCURRENT_WRITES = 8

/**
 * Seals the records of a page that are plain or sealed with an older key; on the last page also the notes. Once all
 * pages could be read, the old keys are no longer required at start. Pages and runs can be repeated.
 */
export async function resealPage (
  store: Store, sealer: Sealer, after: string | null, limit: number
): Promise<ResealedPage> {
  const { callers, unreadable, next } = await store.list('records', after, limit)
  const writing = pLimit(CONCURRENT_WRITES)
  const outcomes = await Promise.all(callers
    .filter(({ isCurrent }) => !isCurrent)
    .map(({ phoneHash }) => writing(() => isResealed(store.update(phoneHash, rewrite)))))
  const isReadable = next !== null || await isResealed(resealNotes(store))
  const page = {
    sealed: outcomes.filter((isDone) => isDone).length,
    unreadable: unreadable.length + outcomes.filter((isDone) => !isDone).length + (isReadable ? 0 : 1),
    next
  }

  await store.updateDocument('keys', recordSealedPage(sealer, { after, next, isClean: page.unreadable === 0 }))
  return page
}

/**
 * Stores compare records by identity, so a copy is written again, in its current form. Without a record, a new caller
 * object makes the store finish an erasure.
 */
const rewrite: Change<void> = (caller) => ({
  caller: { ...caller, record: caller.record === null ? null : { ...caller.record } },
  result: undefined
})

async function resealNotes (store: Store): Promise<void> {
  await store.updateDocument('notes', (value) => ({ value: value === null ? null : { ...value }, result: undefined }))
}

/** False when what is stored could not be read. Rejects with any other error. */
async function isResealed (work: Promise<void>): Promise<boolean> {
  return await orNull(isDamaged, work) !== null
}
