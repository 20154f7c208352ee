/** Whose call it is: the caller among its two numbers, and its ids in the form that may be stored and logged. */
import { createHash } from 'node:crypto'
import type { CallIds } from '../caller/calls.ts'
import { RecordDamaged } from '../errors.ts'
import { textOf, type Fields } from '../json.ts'
import type { CallerIdReader, Identity } from '../phone/caller-id.ts'
import { hasDigitRun, maskAnyNumber, maskReceived } from '../phone/mask-number.ts'
import type { Store } from '../store/store.ts'
import { orNull } from '../store/unreadable.ts'
import { READ_ID_CHARS } from '../webhook/post-call-event.ts'

type IsOwnHash = (phoneHash: string) => boolean

/** Our own numbers are those in OWN_NUMBERS, and those learnt from signed call ends. */
export async function ownNumbersOf (
  { store, callerId }: { store: Pick<Store, 'loadDocument'>, callerId: Pick<CallerIdReader, 'ownNumbers'> }
): Promise<IsOwnHash> {
  const learnt = await learntNumbers(store)
  return (phoneHash) => callerId.ownNumbers.has(phoneHash) || learnt.includes(phoneHash)
}

/** Empty if the list was damaged: it is quarantined and logged by now, and the next call ends fill it again. */
export async function learntNumbers (store: Pick<Store, 'loadDocument'>): Promise<readonly string[]> {
  const isDamaged = (error: unknown) => error instanceof RecordDamaged
  return (await orNull(isDamaged, store.loadDocument('own-numbers')))?.phone_hashes ?? []
}

/** Compares both hashes of a number. */
export function isOwn (identity: Identity, own: IsOwnHash): boolean {
  if (identity.kind !== 'phone') return false
  return [identity.phoneHash, identity.legacyHash].some((hash) => hash !== null && own(hash))
}

export function unlessOwn (identity: Identity, own: IsOwnHash): Identity {
  return isOwn(identity, own) ? { kind: 'own' } : identity
}

export interface IdentifiedCaller {
  identity: Identity
  direction: 'inbound' | 'outbound'
}

/**
 * The caller of a call whose direction is not given. If the calling number is one of ours, the call is outbound, and
 * the called number counts; only then is it read. Our own number is never a caller.
 *
 * @param caller - the calling number, as received
 * @param called - the called number, as received
 */
export function callerOf (
  { identify }: Pick<CallerIdReader, 'identify'>, caller: string | null, called: string | null, own: IsOwnHash
): IdentifiedCaller {
  const identity = identify(caller)
  if (!isOwn(identity, own)) return { identity, direction: 'inbound' }
  return { identity: unlessOwn(identify(called), own), direction: 'outbound' }
}

/** As in the record's schema. */
const MAX_ID_CHARS = 200

/** The ids in the body of a call start; empty ones are null. */
export function readCallIds (body: Fields): CallIds {
  return {
    conversationId: textOf(body, 'conversation_id', READ_ID_CHARS),
    callSid: textOf(body, 'call_sid', READ_ID_CHARS)
  }
}

/** Digits in Twilio's ids are never a phone number. */
const TWILIO_SID = /^CA[0-9a-f]{32}$/

/**
 * Masks phone numbers in the ids: on SIP, an id comes from outside and can contain any number. For a caller with a
 * phone number, only the two numbers of the call are masked, in the same way at call start and call end, so that the
 * ids still match. For others, whose ids are only logged, everything that could be a number is masked.
 *
 * @param numbers - of both sides, as received
 */
export function maskedIds (
  { conversationId, callSid }: CallIds, identity: Identity, numbers: Array<string | null>
): CallIds {
  const received = numbers.filter((number) => number !== null)
  return {
    conversationId: maskedId(conversationId, identity, received),
    callSid: maskedId(callSid, identity, received)
  }
}

function maskedId (id: string | null, identity: Identity, received: string[]): string | null {
  if (id === null || !hasDigitRun(id)) return id?.slice(0, MAX_ID_CHARS) ?? null
  const known = maskReceived(identity.kind === 'phone' ? identity.mask(id) : id, received)
  const masked = identity.kind === 'phone' || TWILIO_SID.test(known) ? known : maskAnyNumber(known)
  // A mask can be longer than the number.
  return masked.slice(0, MAX_ID_CHARS)
}

/**
 * A hash of the conversation's id, or else of the call's; null if there is neither. For calls that are not
 * stored: the same when the request is repeated.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9562#section-5.8 UUID version 8: a hash with the version bits set
 */
export function derivedSessionId ({ conversationId, callSid }: CallIds): string | null {
  const id = conversationId ?? callSid
  if (id === null) return null
  const bytes = createHash('sha256').update(`memory-bridge session\0${id}`).digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
