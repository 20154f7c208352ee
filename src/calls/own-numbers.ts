/** Our own numbers: those in OWN_NUMBERS, and those that signed post-calls named. */
import type { CallerIdReader } from '../phone/caller-id-reader.ts'
import type { Store } from '../store/store.ts'

/** Whether a phone hash is that of one of our own numbers, as far as is known now. */
export async function ownNumberTest (store: Store, callerId: CallerIdReader): Promise<(phoneHash: string) => boolean> {
  const learned = await store.loadOwnNumbers()
  return (phoneHash) => callerId.ownNumbers.has(phoneHash) || learned.has(phoneHash)
}
