/** The ids of a call, as they may be stored and logged. */
import type { CallIds } from '../caller/calls.ts'
import type { Identity } from '../phone/caller-id-reader.ts'
import { textOf, type Fields } from '../webhook/json-fields.ts'

/** The ids in the body of a ring; empty ones are null. */
export function readCallIds (body: Fields): CallIds {
  return { conversationId: textOf(body, 'conversation_id'), callSid: textOf(body, 'call_sid') }
}

/**
 * The ids without the person's number: on SIP an id comes from outside and can contain it. The same ids are
 * masked in the same way at ring and after the call, so they still match.
 */
export function maskedIds ({ conversationId, callSid }: CallIds, identity: Identity): CallIds {
  const mask = (id: string | null) => id !== null && identity.kind === 'phone' ? identity.mask(id) : id
  return { conversationId: mask(conversationId), callSid: mask(callSid) }
}
