/** The personalization webhook's work: who is calling, what is known, and an answer within the deadline. */
import type { Note } from '../../schemas/caller-record.ts'
import type { CallStartAnswer } from '../../schemas/personalize.ts'
import { beginCall, type CallIds } from '../caller/calls.ts'
import { tellAtRing } from '../caller/told.ts'
import { withDeadline } from '../deadline.ts'
import type { CallerIdReader, Identity } from '../phone/caller-id-reader.ts'
import { hashPrefix } from '../phone/phone-hash.ts'
import { isReturning, toldIds } from '../prompt/memory-block.ts'
import type { PromptBuilder } from '../prompt/prompt-builder.ts'
import { adoptFormer } from '../store/adopt-former.ts'
import type { Store } from '../store/store.ts'
import { isUnreadable } from '../store/unreadable.ts'
import { textOf, type Fields } from '../webhook/json-fields.ts'
import { maskedIds, readCallIds } from './call-ids.ts'
import { ownNumberTest } from './own-numbers.ts'
import { personOf, type Person } from './person.ts'
import { derivedSessionId } from './session-id.ts'

export interface CallStartParts {
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

/** How a call was answered, for the log. `nobody-…` says why there is no number. */
export type CallStartOutcome =
  | 'new' | 'returning' | 'opted-out' | 'foreign-agent' | 'timeout' | 'failed' | `nobody-${Exclude<Identity['kind'], 'phone'>}`

/** A call as the log names it. */
export interface CallTrace {
  /** The first digits of the phone hash; null as long as nobody with a number is known. */
  caller: string | null
  /** Without the caller's number, should it be part of it; null as long as that is not known. */
  callSid: string | null
}

export interface CallStart extends CallTrace {
  answer: CallStartAnswer
  outcome: CallStartOutcome
}

/** Answers a ring: always, whatever is broken, and within the deadline. Never rejects. */
export type CallStartAnswerer = (body: Fields) => Promise<CallStart>

export function createCallStartAnswerer (parts: CallStartParts): CallStartAnswerer {
  const { store, callerId, promptBuilder, agentIds, timeoutMs, now, newId, onUnrecorded, onNotesMissing } = parts

  return async function answerCallStart (body) {
    const ids = readCallIds(body)
    // For those about whom nothing is stored; a hash is not made for the others.
    const sessionId = () => derivedSessionId(ids) ?? newId()
    const trace: CallTrace = { caller: null, callSid: null }
    const fallback = (outcome: CallStartOutcome): CallStart => ({ answer: promptBuilder.neutral(sessionId()), outcome, ...trace })

    // A genuine call gets its answer whatever goes wrong, defects included: hence the one catch for everything.
    const personal = answerFor(body, ids, sessionId, trace, performance.now() + timeoutMs).catch((error: unknown) => {
      onUnrecorded(error, trace)
      return fallback('failed')
    })
    return await withDeadline(personal, timeoutMs, () => fallback('timeout'))
  }

  /**
   * @param trace - filled as soon as something is known, for the log line of an answer that comes too late
   * @param deadline - when the neutral answer goes out, by `performance.now()`
   */
  async function answerFor (body: Fields, ids: CallIds, sessionId: () => string, trace: CallTrace, deadline: number): Promise<CallStart> {
    const numbers = { caller: textOf(body, 'caller_id'), called: textOf(body, 'called_number') }
    const { identity, direction } = await whoRings(numbers)
    const { conversationId, callSid } = maskedIds(ids, identity, [numbers.caller, numbers.called])
    trace.callSid = callSid
    trace.caller = identity.kind === 'phone' ? hashPrefix(identity.phoneHash) : null

    const agentId = textOf(body, 'agent_id')
    if (agentId === null || !agentIds.includes(agentId)) {
      return { answer: promptBuilder.foreign(sessionId()), outcome: 'foreign-agent', ...trace }
    }
    if (identity.kind !== 'phone') {
      return { answer: promptBuilder.neutral(sessionId()), outcome: `nobody-${identity.kind}`, ...trace }
    }

    await adoptFormer(store, identity)
    const { phoneHash } = identity
    const at = now().toISOString()
    const globalNotes = await notesOrNone(trace)
    const begin = beginCall({ phoneHash, newId: newId(), now: at }, { conversationId, callSid }, direction)
    const ring = await store.updateSoon(phoneHash, tellAtRing(begin, (record, callNumber) => {
      const { answer, told } = promptBuilder.personal({ record, callNumber, sessionId: record.session_id, globalNotes, now: at })
      return { answer, told: toldIds(told) }
    }), deadline - performance.now())
    if (ring === null) return { answer: promptBuilder.neutral(sessionId()), outcome: 'opted-out', ...trace }
    const { record, callNumber, answer } = ring
    return { answer, outcome: isReturning(record, callNumber) ? 'returning' : 'new', ...trace }
  }

  async function whoRings ({ caller, called }: { caller: string | null, called: string | null }): Promise<Person> {
    return personOf(
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
