/** The ids of a call, as they may be stored and logged. */
import type { CallIds } from '../caller/calls.ts'
import type { Identity } from '../phone/caller-id-reader.ts'
import { textOf, type Fields } from '../webhook/json-fields.ts'

/** Characters of an id that are kept, as the record's schema has it. */
const MAX_ID_CHARS = 200

/** The ids in the body of a ring; empty ones are null. */
export function readCallIds (body: Fields): CallIds {
  return { conversationId: textOf(body, 'conversation_id', MAX_ID_CHARS), callSid: textOf(body, 'call_sid', MAX_ID_CHARS) }
}

/**
 * The ids without the person's number: on SIP an id comes from outside and can contain it. The same ids are
 * masked in the same way at ring and after the call, so they still match.
 */
export function maskedIds ({ conversationId, callSid }: CallIds, identity: Identity): CallIds {
  // The mask can be longer than what it stands for.
  const mask = (id: string | null) => id !== null && identity.kind === 'phone' ? identity.mask(id).slice(0, MAX_ID_CHARS) : id
  return { conversationId: mask(conversationId), callSid: mask(callSid) }
}
