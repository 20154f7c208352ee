/** Our own numbers: those in OWN_NUMBERS, and those that signed post-calls named. */
import { RecordDamaged } from '../errors.ts'
import type { CallerIdReader, PhoneHashes } from '../phone/caller-id-reader.ts'
import type { Store } from '../store/store.ts'

/** Whether a number is one of our own, by either of its hashes. */
export type OwnNumberTest = (number: PhoneHashes) => boolean

/** Tells our own numbers, as far as they are known now. */
export async function ownNumberTest (store: Store, callerId: CallerIdReader): Promise<OwnNumberTest> {
  const learned = await learnedNumbers(store)
  const isOurs = (hash: string) => callerId.ownNumbers.has(hash) || learned.includes(hash)
  return ({ phoneHash, legacyHash }) => isOurs(phoneHash) || (legacyHash !== null && isOurs(legacyHash))
}

/**
 * Remembers a number as ours, durably. Resolves to false when it was known already, by either hash.
 *
 * @param legacyHash - as in `PhoneHashes`; the keyed hash takes its place
 */
export async function learnOwnNumber (store: Store, phoneHash: string, legacyHash: string | null = null): Promise<boolean> {
  const isSettled = (hashes: readonly string[]) => hashes.includes(phoneHash) && (legacyHash === null || !hashes.includes(legacyHash))
  if (isSettled(await learnedNumbers(store))) return false
  return await store.updateDocument('own-numbers', (value) => {
    const hashes = value?.phone_hashes ?? []
    if (isSettled(hashes)) return { value, result: false }
    const others = hashes.filter((hash) => hash !== phoneHash && hash !== legacyHash)
    return { value: { version: 1, phone_hashes: [...others, phoneHash] }, result: others.length === hashes.length }
  })
}

/** None when the list was damaged: it has been set aside and reported by then, and the next post-calls fill it again. */
async function learnedNumbers (store: Store): Promise<readonly string[]> {
  try {
    return (await store.loadDocument('own-numbers'))?.phone_hashes ?? []
  } catch (error) {
    if (error instanceof RecordDamaged) return []
    throw error
  }
}
