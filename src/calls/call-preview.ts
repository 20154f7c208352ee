/**
 * What the agent would be told if a number called now, and why. Changes nothing, except that a record is moved to its
 * keyed hash.
 */
import { randomUUID } from 'node:crypto'
import type { CallStartResponse } from '../../schemas/personalize.ts'
import { recordCallStart } from '../caller/calls.ts'
import type { Identity } from '../phone/caller-id.ts'
import type { Line, LineLeftOut } from '../prompt/memory-block.ts'
import { rekeyCaller } from '../store/rekey-caller.ts'
import type { CallContext } from './call-context.ts'
import { ownNumbersOf, unlessOwn } from './identify.ts'

export interface CallPreview {
  caller: 'known' | 'new' | 'opted-out' | 'no-number'
  response: CallStartResponse
  /** Lines in the memory block, in order of priority. */
  told: Line[]
  /** Lines that are not told although they could be. */
  leftOut: LineLeftOut[]
}

/** The exact response to a call that would start now; only a new caller's session id is an example. */
export async function previewCall (
  ctx: CallContext, identity: Identity
): Promise<CallPreview> {
  const { store, promptBuilder, now } = ctx
  const person = unlessOwn(identity, await ownNumbersOf(ctx))
  const neutral = (caller: CallPreview['caller']): CallPreview =>
    ({ caller, response: promptBuilder.neutral(randomUUID()), told: [], leftOut: [] })
  if (person.kind !== 'phone') return neutral('no-number')

  await rekeyCaller(store, person)
  const { phoneHash } = person
  const at = now().toISOString()
  const [caller, notes] = await Promise.all([store.load(phoneHash), store.loadDocument('notes')])
  const start = recordCallStart(
    { phoneHash, newId: randomUUID(), now: at }, { conversationId: null, callSid: null }, 'inbound')
  const started = start(caller).result
  if (started === null) return neutral('opted-out')
  const { record, callNumber } = started
  const { response, told, leftOut } = promptBuilder.personal({
    record, callNumber, sessionId: record.session_id, globalNotes: notes?.notes ?? [], now: at
  })
  return { caller: caller.record === null ? 'new' : 'known', response, told, leftOut: leftOut() }
}
