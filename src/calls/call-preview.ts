/** What the agent would be told if a number called now, and why. Only moves a record to its keyed hash. */
import type { CallStartResponse } from '../../schemas/personalize.ts'
import { recordCallStart } from '../caller/calls.ts'
import type { CallerIdReader, Identity } from '../phone/caller-id-reader.ts'
import type { Line } from '../prompt/memory-block.ts'
import type { PromptBuilder } from '../prompt/prompt-builder.ts'
import { rekeyCaller } from '../store/rekey-caller.ts'
import type { Store } from '../store/store.ts'
import { ownNumberTest } from './own-numbers.ts'
import { unlessOwnNumber } from './person.ts'

export interface PreviewCallParts {
  store: Store
  callerId: CallerIdReader
  promptBuilder: PromptBuilder
  now: () => Date
  newId: () => string
}

export interface CallPreview {
  caller: 'known' | 'new' | 'opted-out' | 'no-number'
  response: CallStartResponse
  /** Lines in the memory block, in order of priority. */
  told: Line[]
  /** Lines for which there was no room. */
  leftOut: Line[]
}

/** The exact response to a call that would start now; only a new caller's session id is an example. */
export type PreviewCall = (identity: Identity) => Promise<CallPreview>

export function createPreviewCall ({ store, callerId, promptBuilder, now, newId }: PreviewCallParts): PreviewCall {
  return async function previewCall (identity) {
    const person = unlessOwnNumber(identity, await ownNumberTest(store, callerId))
    const neutral = (caller: CallPreview['caller']): CallPreview =>
      ({ caller, response: promptBuilder.neutral(newId()), told: [], leftOut: [] })
    if (person.kind !== 'phone') return neutral('no-number')

    await rekeyCaller(store, person)
    const { phoneHash } = person
    const at = now().toISOString()
    const [caller, notes] = await Promise.all([store.load(phoneHash), store.loadDocument('notes')])
    const start = recordCallStart(
      { phoneHash, newId: newId(), now: at }, { conversationId: null, callSid: null }, 'inbound')
    const started = start(caller).result
    if (started === null) return neutral('opted-out')
    const { record, callNumber } = started
    const { response, told, leftOut } = promptBuilder.personal({
      record, callNumber, sessionId: record.session_id, globalNotes: notes?.notes ?? [], now: at
    })
    return { caller: caller.record === null ? 'new' : 'known', response, told, leftOut: leftOut() }
  }
}
