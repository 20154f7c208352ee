/** Moves a caller's data from the legacy hash to the keyed one, after PHONE_HASH_KEY was set on existing data. */
import { isDeepStrictEqual } from 'node:util'
import { activeRecord, type Caller, type Change } from '../caller/caller.ts'
import { nextDue } from '../caller/learning-jobs.ts'
import { mergeCallers } from '../caller/merge.ts'
import type { PhoneHashes } from '../phone/caller-id.ts'
import type { Store } from './store.ts'

const EMPTY: Caller = { record: null, erasedAt: null }

/**
 * Call it wherever the number is known, before any other use of the store. Usually this costs one read. The new data is
 * written before the old is deleted, so a crash leaves both, and the next call merges them.
 */
export async function rekeyCaller (store: Store, { phoneHash, legacyHash }: PhoneHashes): Promise<void> {
  if (legacyHash === null) return
  let legacy = await store.load(legacyHash)
  while (legacy.record !== null || legacy.erasedAt !== null) {
    const found = legacy
    const due = nextDue(activeRecord(found))
    if (due !== null) await store.queue.schedule(phoneHash, due)
    await store.update(phoneHash, (current) => ({ caller: mergeCallers(found, current, phoneHash), result: undefined }))
    legacy = await store.update(legacyHash, remove(found))
  }
}

/** Deletes what was moved, unless it has changed since. The result is what is still there. */
function remove (moved: Caller): Change<Caller> {
  return (caller) => isDeepStrictEqual(caller, moved) ? { caller: EMPTY, result: EMPTY } : { caller, result: caller }
}
