/** Our own numbers: those in OWN_NUMBERS, and those that were learnt from signed call ends. */
import { RecordDamaged } from '../errors.ts'
import type { CallerIdReader, PhoneHashes } from '../phone/caller-id-reader.ts'
import type { Store } from '../store/store.ts'

/** Compares both hashes of a number. */
export type OwnNumberTest = (number: PhoneHashes) => boolean

export async function ownNumberTest (store: Store, callerId: CallerIdReader): Promise<OwnNumberTest> {
  const learnt = await learntNumbers(store)
  const isOurs = (hash: string) => callerId.ownNumbers.has(hash) || learnt.includes(hash)
  return ({ phoneHash, legacyHash }) => isOurs(phoneHash) || (legacyHash !== null && isOurs(legacyHash))
}

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

/** Empty if the list was damaged: it is quarantined and logged by now, and the next call ends fill it again. */
async function learntNumbers (store: Store): Promise<readonly string[]> {
  try {
    return (await store.loadDocument('own-numbers'))?.phone_hashes ?? []
  } catch (error) {
    if (error instanceof RecordDamaged) return []
    throw error
  }
}
