/** Moves what is stored under a caller's former hash to the keyed one: PHONE_HASH_KEY was introduced later. */
import { isDeepStrictEqual } from 'node:util'
import { activeRecord, type Caller, type Change } from '../caller/caller.ts'
import { nextDue } from '../caller/learning-jobs.ts'
import { mergeCallers } from '../caller/merge.ts'
import type { PhoneHashes } from '../phone/caller-id-reader.ts'
import type { Store } from './store.ts'

const NOBODY: Caller = { record: null, erasedAt: null }

/**
 * To be called wherever the number is known, before anything else is asked of the store. When there is nothing to move
 * it costs one reading; else it resolves once the move is durable. Rejects as the store does, and then nothing is lost.
 *
 * The new is written before the old is deleted, so a crash leaves both, and the next time merges them.
 */
export async function rekeyCaller (store: Store, { phoneHash, legacyHash }: PhoneHashes): Promise<void> {
  if (legacyHash === null) return
  let former = await store.load(legacyHash)
  while (former.record !== null || former.erasedAt !== null) {
    const found = former
    const due = nextDue(activeRecord(found))
    if (due !== null) await store.queue.schedule(phoneHash, due)
    await store.update(phoneHash, (current) => ({ caller: mergeCallers(found, current, phoneHash), result: undefined }))
    former = await store.update(legacyHash, takeOut(found))
  }
}

/** Leaves nothing behind, unless there is more by now than what was `moved`; the result is what is still there. */
function takeOut (moved: Caller): Change<Caller> {
  return (caller) => isDeepStrictEqual(caller, moved) ? { caller: NOBODY, result: NOBODY } : { caller, result: caller }
}
