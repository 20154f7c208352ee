/** `hash <number>`: the key that stands for a phone number. */
import { randomUUID } from 'node:crypto'
import { PhoneUnreadable } from '../errors.ts'
import { EXIT } from '../exit.ts'
import { redact } from '../learning/redact.ts'
import { createMemory } from '../memory.ts'
import { createCallerIdReader } from '../phone/caller-id-reader.ts'
import { hasStore } from '../store/open-store.ts'
import { withData } from './open-data.ts'
import type { Shell } from './shell.ts'

interface Found {
  phoneHash: string
  isKnown: boolean
  isOwn: boolean
}

/**
 * Prints the phone hash, and says whether somebody is known under it. Looks the caller up as the admin API does.
 *
 * @throws {PhoneUnreadable}
 */
export async function hashCommand (number: string, shell: Shell): Promise<number> {
  const { PHONE_HASH_KEY, DEFAULT_COUNTRY, OWN_NUMBERS } = shell.config
  const callerId = createCallerIdReader({ hashKey: PHONE_HASH_KEY, defaultCountry: DEFAULT_COUNTRY, ownNumbers: OWN_NUMBERS })
  const identity = callerId.identify(number)
  if (identity.kind !== 'phone') throw new PhoneUnreadable(identity.kind)
  const isOurs = callerId.ownNumbers.has(identity.phoneHash)

  const { phoneHash, isKnown, isOwn } = await hasStore(shell.config) ? await look() : { phoneHash: identity.phoneHash, isKnown: false, isOwn: isOurs }
  shell.print(phoneHash)
  if (isOwn) shell.say('This is one of your own numbers: nobody is remembered under it.')
  shell.say(isKnown ? 'Somebody is known under this number, or has opted out.' : 'Nobody is known under this number.')
  if (phoneHash !== identity.phoneHash) shell.say('The running bridge has another PHONE_HASH_KEY than this command: this is its hash.')
  return EXIT.done

  async function look (): Promise<Found> {
    return await withData(shell, {
      async onStore (store) {
        const found = await createMemory({ store, callerId, redact, now: shell.now, newId: randomUUID }).lookup(number)
        if ('kind' in found) throw new PhoneUnreadable(found.kind)
        return found
      },
      async onBridge (ask) {
        const { phone_hash: hash, known, own_number: own } = await ask('/api/callers/lookup', { phone: number })
        return { phoneHash: String(hash), isKnown: known === true, isOwn: own === true }
      }
    })
  }
}
