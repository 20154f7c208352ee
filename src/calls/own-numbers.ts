/** Our own numbers: those in OWN_NUMBERS, and those that signed post-calls named. */
import { RecordDamaged } from '../errors.ts'
import type { CallerIdReader } from '../phone/caller-id-reader.ts'
import type { Store } from '../store/store.ts'

/** Whether a phone hash is that of one of our own numbers, as far as is known now. */
export async function ownNumberTest (store: Store, callerId: CallerIdReader): Promise<(phoneHash: string) => boolean> {
  const learned = new Set(await learnedNumbers(store))
  return (phoneHash) => callerId.ownNumbers.has(phoneHash) || learned.has(phoneHash)
}

/** Remembers a number as ours, durably. Resolves to false when it was known already. */
export async function learnOwnNumber (store: Store, phoneHash: string): Promise<boolean> {
  if ((await learnedNumbers(store)).includes(phoneHash)) return false
  return await store.updateDocument('own-numbers', (value) => {
    const hashes = value?.phone_hashes ?? []
    if (value !== null && hashes.includes(phoneHash)) return { value, result: false }
    return { value: { version: 1, phone_hashes: [...hashes, phoneHash] }, result: true }
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
