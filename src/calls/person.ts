/** Which of the two numbers of a call is the person's: on outbound calls the sides are swapped. */
import type { Identity } from '../phone/caller-id-reader.ts'
import type { OwnNumberTest } from './own-numbers.ts'

export interface IdentifiedCaller {
  identity: Identity
  direction: 'inbound' | 'outbound'
}

/**
 * The person on a call whose direction is not told. When the caller is one of our own numbers, the call is
 * outbound and the person is who was called. One of our own numbers is never a person.
 *
 * @param called - asked on outbound calls only: to read a number is a good part of a ring's time
 */
export function callerOf (caller: Identity, called: () => Identity, isOwn: OwnNumberTest): IdentifiedCaller {
  if (caller.kind !== 'phone' || !isOwn(caller)) return { identity: caller, direction: 'inbound' }
  return { identity: unlessOwnNumber(called(), isOwn), direction: 'outbound' }
}

/** The identity, or nobody when it is one of our own numbers. */
export function unlessOwnNumber (identity: Identity, isOwn: OwnNumberTest): Identity {
  return identity.kind === 'phone' && isOwn(identity) ? { kind: 'own' } : identity
}
