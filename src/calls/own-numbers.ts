/**
 * Our own numbers: those in OWN_NUMBERS, and those that were learnt from signed call ends. They tell which of a call's
 * two numbers is the caller's: on outbound calls the sides are swapped.
 */
import { RecordDamaged } from '../errors.ts'
import type { CallerIdReader, Identity, PhoneHashes } from '../phone/caller-id.ts'
import { hashPrefix } from '../phone/phone-hash.ts'
import type { Store } from '../store/store.ts'
import type { CallContext } from './call-context.ts'

/** Compares both hashes of a number. */
export type OwnNumberTest = (number: PhoneHashes) => boolean

export async function ownNumberTest (store: Store, callerId: CallerIdReader): Promise<OwnNumberTest> {
  return ownNumberTestOf(callerId, await learntNumbers(store))
}

/** The same without waiting, while the list is in memory; otherwise null. */
export function heldOwnNumberTest (store: Store, callerId: CallerIdReader): OwnNumberTest | null {
  const held = store.heldDocument('own-numbers')
  return held === null ? null : ownNumberTestOf(callerId, held.value?.phone_hashes ?? [])
}

function ownNumberTestOf (callerId: CallerIdReader, learnt: readonly string[]): OwnNumberTest {
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

export interface IdentifiedCaller {
  identity: Identity
  direction: 'inbound' | 'outbound'
}

/**
 * The caller of a call whose direction is not given. If the calling number is one of ours, the call is outbound, and
 * the called number counts. Our own number is never a caller.
 *
 * @param called - lazy, for outbound calls only: parsing a number takes a large part of a call start's time
 */
export function callerOf (caller: Identity, called: () => Identity, isOwn: OwnNumberTest): IdentifiedCaller {
  if (caller.kind !== 'phone' || !isOwn(caller)) return { identity: caller, direction: 'inbound' }
  return { identity: unlessOwnNumber(called(), isOwn), direction: 'outbound' }
}

export function unlessOwnNumber (identity: Identity, isOwn: OwnNumberTest): Identity {
  return identity.kind === 'phone' && isOwn(identity) ? { kind: 'own' } : identity
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
