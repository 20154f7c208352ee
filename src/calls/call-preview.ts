/** What the agent would be told if somebody rang now, and why. Asking changes nothing, but moves a record to its keyed hash. */
import type { CallStartAnswer } from '../../schemas/personalize.ts'
import { beginCall } from '../caller/calls.ts'
import type { CallerIdReader, Identity } from '../phone/caller-id-reader.ts'
import type { Line } from '../prompt/memory-block.ts'
import type { PromptBuilder } from '../prompt/prompt-builder.ts'
import { adoptFormer } from '../store/adopt-former.ts'
import type { Store } from '../store/store.ts'
import { ownNumberTest } from './own-numbers.ts'
import { notOurs } from './person.ts'

export interface CallPreviewParts {
  store: Store
  callerId: CallerIdReader
  promptBuilder: PromptBuilder
  now: () => Date
  newId: () => string
}

export interface CallPreview {
  /** What the caller is to the bridge. */
  caller: 'known' | 'new' | 'opted-out' | 'nobody'
  answer: CallStartAnswer
  /** Lines in the memory block, in order of claim. */
  told: Line[]
  /** Lines that found no room. */
  leftOut: Line[]
}

/** The exact answer to a call that would begin now; the session id of a new caller is an example. */
export type CallPreviewer = (identity: Identity) => Promise<CallPreview>

export function createCallPreviewer ({ store, callerId, promptBuilder, now, newId }: CallPreviewParts): CallPreviewer {
  return async function previewCall (identity) {
    const person = notOurs(identity, await ownNumberTest(store, callerId))
    const neutral = (caller: CallPreview['caller']): CallPreview =>
      ({ caller, answer: promptBuilder.neutral(newId()), told: [], leftOut: [] })
    if (person.kind !== 'phone') return neutral('nobody')

    await adoptFormer(store, person)
    const { phoneHash } = person
    const at = now().toISOString()
    const [caller, notes] = await Promise.all([store.load(phoneHash), store.loadDocument('notes')])
    const ring = beginCall({ phoneHash, newId: newId(), now: at }, { conversationId: null, callSid: null }, 'inbound')(caller).result
    if (ring === null) return neutral('opted-out')
    const { answer, told, leftOut } = promptBuilder.personal({
      record: ring.record, callNumber: ring.callNumber, sessionId: ring.record.session_id, globalNotes: notes?.notes ?? [], now: at
    })
    return { caller: caller.record === null ? 'new' : 'known', answer, told, leftOut: leftOut() }
  }
}
