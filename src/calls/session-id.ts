/** Session ids for calls that nothing is stored about: one a conversation, the same when the request comes again. */
import { createHash } from 'node:crypto'
import type { CallIds } from '../caller/calls.ts'

/**
 * A session id made from the conversation's id, or from the call's; null when there is neither.
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
