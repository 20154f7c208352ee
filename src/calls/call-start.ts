/** Handles a call start: finds the caller, and responds within the deadline with what is known about them. */
import type { Note } from '../../schemas/caller-record.ts'
import type { CallStartResponse } from '../../schemas/personalize.ts'
import { recordCallStart, type CallIds } from '../caller/calls.ts'
import { composeResponse } from '../caller/told.ts'
import { withDeadline } from '../deadline.ts'
import type { CallerIdReader, Identity } from '../phone/caller-id-reader.ts'
import { hashPrefix } from '../phone/phone-hash.ts'
import { isReturning, toldIds } from '../prompt/memory-block.ts'
import type { PromptBuilder } from '../prompt/prompt-builder.ts'
import { rekeyCaller } from '../store/rekey-caller.ts'
import type { Store } from '../store/store.ts'
import { isUnreadable } from '../store/unreadable.ts'
import { textOf, type Fields } from '../webhook/json-fields.ts'
import { maskedIds, readCallIds } from './call-ids.ts'
import { ownNumberTest } from './own-numbers.ts'
import { callerOf, type IdentifiedCaller } from './person.ts'
import { derivedSessionId } from './session-id.ts'

export interface StartCallParts {
  store: Store
  callerId: CallerIdReader
  promptBuilder: PromptBuilder
  /** Our agents' ids. */
  agentIds: readonly string[]
  /** After this time the neutral response goes out. */
  timeoutMs: number
  now: () => Date
  newId: () => string
  /** Called when a call was not recorded, with what is known about it so far. Its call end will add it. */
  onUnrecorded: (error: unknown, call: CallTrace) => void
  /** Called when the notes for everybody could not be read, and the response goes out without them. */
  onNotesMissing: (error: unknown, call: CallTrace) => void
}

/** For the log. `no-number-…` says why there is no phone number. */
export type CallStartOutcome =
  | 'new'
  | 'returning'
  | 'opted-out'
  | 'foreign-agent'
  | 'timeout'
  | 'failed'
  | `no-number-${Exclude<Identity['kind'], 'phone'>}`

/** How the log names a call. */
export interface CallTrace {
  /** Prefix of the phone hash; null without a phone number, or until it is known. */
  caller: string | null
  /** The caller's number in it is masked; null until that is done. */
  callSid: string | null
}

export interface StartedCall extends CallTrace {
  response: CallStartResponse
  outcome: CallStartOutcome
}

/** Always responds within the deadline, whatever is broken. Never rejects. */
export type StartCall = (body: Fields) => Promise<StartedCall>

export function createStartCall (parts: StartCallParts): StartCall {
  const { store, callerId, promptBuilder, agentIds, timeoutMs, now, newId, onUnrecorded, onNotesMissing } = parts

  return async function startCall (body) {
    const ids = readCallIds(body)
    // Lazy: only callers without a record need it, and it costs a hash.
    const sessionId = () => derivedSessionId(ids) ?? newId()
    const trace: CallTrace = { caller: null, callSid: null }
    const fallback = (outcome: CallStartOutcome): StartedCall =>
      ({ response: promptBuilder.neutral(sessionId()), outcome, ...trace })

    // Catches everything, bugs included: a caller is waiting for the response.
    const deadline = performance.now() + timeoutMs
    const personal = personalStart(body, ids, sessionId, trace, deadline).catch((error: unknown) => {
      onUnrecorded(error, trace)
      return fallback('failed')
    })
    return await withDeadline(personal, timeoutMs, () => fallback('timeout'))
  }

  /**
   * @param trace - is filled in as soon as something is known, so that a timeout can be logged with it
   * @param deadline - when the neutral response goes out, on the clock of `performance.now()`
   */
  async function personalStart (
    body: Fields, ids: CallIds, sessionId: () => string, trace: CallTrace, deadline: number
  ): Promise<StartedCall> {
    const numbers = { caller: textOf(body, 'caller_id'), called: textOf(body, 'called_number') }
    const { identity, direction } = await callerOfStart(numbers)
    const { conversationId, callSid } = maskedIds(ids, identity, [numbers.caller, numbers.called])
    trace.callSid = callSid
    trace.caller = identity.kind === 'phone' ? hashPrefix(identity.phoneHash) : null

    const agentId = textOf(body, 'agent_id')
    if (agentId === null || !agentIds.includes(agentId)) {
      return { response: promptBuilder.foreign(sessionId()), outcome: 'foreign-agent', ...trace }
    }
    if (identity.kind !== 'phone') {
      return { response: promptBuilder.neutral(sessionId()), outcome: `no-number-${identity.kind}`, ...trace }
    }

    await rekeyCaller(store, identity)
    const { phoneHash } = identity
    const at = now().toISOString()
    const globalNotes = await notesOrNone(trace)
    const start = recordCallStart({ phoneHash, newId: newId(), now: at }, { conversationId, callSid }, direction)
    const started = await store.updateSoon(phoneHash, composeResponse(start, (record, callNumber) => {
      const { response, told } = promptBuilder.personal({
        record, callNumber, sessionId: record.session_id, globalNotes, now: at
      })
      return { response, told: toldIds(told) }
    }), deadline - performance.now())
    if (started === null) return { response: promptBuilder.neutral(sessionId()), outcome: 'opted-out', ...trace }
    const { record, callNumber, response } = started
    return { response, outcome: isReturning(record, callNumber) ? 'returning' : 'new', ...trace }
  }

  async function callerOfStart (
    { caller, called }: { caller: string | null, called: string | null }
  ): Promise<IdentifiedCaller> {
    return callerOf(
      callerId.identify(caller),
      () => callerId.identify(called),
      await ownNumberTest(store, callerId)
    )
  }

  /** Without the notes for everybody, the response is still personal. */
  async function notesOrNone (trace: CallTrace): Promise<Note[]> {
    try {
      return (await store.loadDocument('notes'))?.notes ?? []
    } catch (error) {
      if (!isUnreadable(error)) throw error
      onNotesMissing(error, trace)
      return []
    }
  }
}
