/** The personalization webhook's work: who is calling, what is known, and an answer within the deadline. */
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
  /** Milliseconds until the neutral answer goes out. */
  timeoutMs: number
  now: () => Date
  newId: () => string
  /** Told when a call was not recorded, with what is known about it by then. Its post-call restores it. */
  onUnrecorded: (error: unknown, call: CallTrace) => void
  /** Told when an answer had to go without the notes for everybody. */
  onNotesMissing: (error: unknown, call: CallTrace) => void
}

/** How a call was answered, for the log. `no-number-…` says why there is no number. */
export type CallStartOutcome =
  | 'new' | 'returning' | 'opted-out' | 'foreign-agent' | 'timeout' | 'failed' | `no-number-${Exclude<Identity['kind'], 'phone'>}`

/** A call as the log names it. */
export interface CallTrace {
  /** The first digits of the phone hash; null as long as nobody with a number is known. */
  caller: string | null
  /** Without the caller's number, should it be part of it; null as long as that is not known. */
  callSid: string | null
}

export interface StartedCall extends CallTrace {
  response: CallStartResponse
  outcome: CallStartOutcome
}

/** Answers a ring: always, whatever is broken, and within the deadline. Never rejects. */
export type StartCall = (body: Fields) => Promise<StartedCall>

export function createStartCall (parts: StartCallParts): StartCall {
  const { store, callerId, promptBuilder, agentIds, timeoutMs, now, newId, onUnrecorded, onNotesMissing } = parts

  return async function startCall (body) {
    const ids = readCallIds(body)
    // For those about whom nothing is stored; a hash is not made for the others.
    const sessionId = () => derivedSessionId(ids) ?? newId()
    const trace: CallTrace = { caller: null, callSid: null }
    const fallback = (outcome: CallStartOutcome): StartedCall => ({ response: promptBuilder.neutral(sessionId()), outcome, ...trace })

    // A genuine call gets its answer whatever goes wrong, defects included: hence the one catch for everything.
    const personal = personalStart(body, ids, sessionId, trace, performance.now() + timeoutMs).catch((error: unknown) => {
      onUnrecorded(error, trace)
      return fallback('failed')
    })
    return await withDeadline(personal, timeoutMs, () => fallback('timeout'))
  }

  /**
   * @param trace - filled as soon as something is known, for the log line of an answer that comes too late
   * @param deadline - when the neutral answer goes out, by `performance.now()`
   */
  async function personalStart (body: Fields, ids: CallIds, sessionId: () => string, trace: CallTrace, deadline: number): Promise<StartedCall> {
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
    const begin = recordCallStart({ phoneHash, newId: newId(), now: at }, { conversationId, callSid }, direction)
    const started = await store.updateSoon(phoneHash, composeResponse(begin, (record, callNumber) => {
      const { response, told } = promptBuilder.personal({ record, callNumber, sessionId: record.session_id, globalNotes, now: at })
      return { response, told: toldIds(told) }
    }), deadline - performance.now())
    if (started === null) return { response: promptBuilder.neutral(sessionId()), outcome: 'opted-out', ...trace }
    const { record, callNumber, response } = started
    return { response, outcome: isReturning(record, callNumber) ? 'returning' : 'new', ...trace }
  }

  async function callerOfStart ({ caller, called }: { caller: string | null, called: string | null }): Promise<IdentifiedCaller> {
    return callerOf(
      callerId.identify(caller),
      () => callerId.identify(called),
      await ownNumberTest(store, callerId)
    )
  }

  /** A caller's own memory is worth more than the notes for everybody: without them the answer is still personal. */
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
