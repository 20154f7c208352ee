/** Learns our own numbers from signed call ends, and finds records that were stored under them before. */
import { hashPrefix } from '../phone/phone-hash.ts'
import type { Store } from '../store/store.ts'
import type { CallContext } from './call-context.ts'
import { learntNumbers } from './identify.ts'

/**
 * Stores a number as ours, durably. Resolves to false when it was already known by either hash.
 *
 * @param legacyHash - as in `PhoneHashes`; the keyed hash replaces it
 */
export async function learnOwnNumber (
  store: Store, phoneHash: string, legacyHash: string | null = null
): Promise<boolean> {
  const isSettled = (hashes: readonly string[]) =>
    hashes.includes(phoneHash) && (legacyHash === null || !hashes.includes(legacyHash))
  if (isSettled(await learntNumbers(store))) return false
  return await store.updateDocument('own-numbers', (value) => {
    const hashes = value?.phone_hashes ?? []
    if (isSettled(hashes)) return { value, result: false }
    const others = hashes.filter((hash) => hash !== phoneHash && hash !== legacyHash)
    return { value: { version: 1, phone_hashes: [...others, phoneHash] }, result: others.length === hashes.length }
  })
}

/**
 * Logs each caller record that is stored under one of our own numbers, and so is never used, until the signal is
 * aborted. Never rejects: what fails is only logged.
 */
export async function warnOfOwnRecords (
  { store, log }: Pick<CallContext, 'store' | 'log'>, ownNumbers: Iterable<string>, signal?: AbortSignal
): Promise<void> {
  for (const phoneHash of ownNumbers) {
    if (signal?.aborted === true) return
    const caller = hashPrefix(phoneHash)
    try {
      const { record } = await store.load(phoneHash)
      if (record !== null) {
        log.warn({ caller }, 'a record is stored under one of our own numbers, and never used: look at it and erase it')
      }
    } catch (err) {
      log.error({ caller, err }, 'could not check whether a record is stored under one of our own numbers')
    }
  }
}
