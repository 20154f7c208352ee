/** Which of a call's two numbers is the caller's: on outbound calls the sides are swapped. */
import type { Identity } from '../phone/caller-id-reader.ts'
import type { OwnNumberTest } from './own-numbers.ts'

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
