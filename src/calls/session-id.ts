/** Session ids for calls that are not stored: one per conversation, and the same when the request is repeated. */
import { createHash } from 'node:crypto'
import type { CallIds } from '../caller/calls.ts'

/**
 * A hash of the conversation's id, or else of the call's; null if there is neither.
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
