/** `hash <number>`: prints the phone hash of a number. */
import { PhoneUnreadable } from '../errors.ts'
import { lookUpCaller } from '../operator.ts'
import { createCallerIdReader } from '../phone/caller-id.ts'
import { EXIT } from '../process.ts'
import { hasStore } from '../store/open-store.ts'
import { withData } from './open-data.ts'
import type { Shell } from './shell.ts'

/**
 * Also says whether there is a record under the hash. Like a lookup in the admin API, it moves a record to its keyed
 * hash.
 *
 * @throws {PhoneUnreadable}
 */
export async function hashCommand (shell: Shell, given: string): Promise<number> {
  const number = given === '-' ? await shell.readLine() : given
  const callerId = createCallerIdReader(shell.config)
  const identity = callerId.identify(number)
  if (identity.kind !== 'phone') throw new PhoneUnreadable(identity.kind)
  const { phoneHash, isKnown, isOwn } = await hasStore(shell.config)
    ? await lookup()
    : { phoneHash: identity.phoneHash, isKnown: false, isOwn: callerId.ownNumbers.has(identity.phoneHash) }
  shell.print(phoneHash)
  if (isOwn) shell.say('This is one of your own numbers: no caller is remembered under it.')
  shell.say(isKnown
    ? 'There is a record of this number, or its caller opted out.'
    : 'There is no record of this number.')
  if (phoneHash !== identity.phoneHash) {
    shell.say('This is the hash in the running bridge, which has another PHONE_HASH_KEY than this command.')
  }
  return EXIT.done

  async function lookup () {
    return await withData(shell, {
      onStore: (store) => lookUpCaller({ store, callerId }, number),
      async onBridge (ask) {
        const { phone_hash: hash, known, own_number: own } = await ask('/api/callers/lookup', { phone: number })
        return { phoneHash: String(hash), isKnown: known === true, isOwn: own === true }
      }
    })
  }
}
