/** The ids of a call, in the form that may be stored and logged, and the session id that is made of them. */
import { createHash } from 'node:crypto'
import type { CallIds } from '../caller/calls.ts'
import { textOf, type Fields } from '../json.ts'
import type { Identity } from '../phone/caller-id.ts'
import { maskAnyNumber, maskReceived } from '../phone/mask-number.ts'
import { READ_ID_CHARS } from '../webhook/post-call-event.ts'

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
  function mask (id: string | null): string | null {
    if (id === null) return null
    const known = maskReceived(identity.kind === 'phone' ? identity.mask(id) : id, received)
    const masked = identity.kind === 'phone' || TWILIO_SID.test(known) ? known : maskAnyNumber(known)
    // A mask can be longer than the number.
    return masked.slice(0, MAX_ID_CHARS)
  }
  return { conversationId: mask(conversationId), callSid: mask(callSid) }
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
