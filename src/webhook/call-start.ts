/** The personalization webhook's work: who is calling, what is known, and an answer within the deadline. */
import type { Note } from '../../schemas/caller-record.ts'
import type { CallStartAnswer } from '../../schemas/personalize.ts'
import { beginCall, type CallIds } from '../caller/calls.ts'
import { RecordDamaged, StorageUnavailable } from '../errors.ts'
import type { CallerIdReader, Identity } from '../phone/caller-id-reader.ts'
import type { PromptBuilder } from '../prompt/prompt-builder.ts'
import type { Store } from '../store/store.ts'
import { textOf, type Fields } from './json-fields.ts'
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
  /** Told about every failure that an answer did not show. */
  onFailure: (error: unknown) => void
}

/** How a call was answered, for the log. `nobody-…` says why there is no number. */
export type CallStartOutcome =
  | 'new' | 'returning' | 'opted-out' | 'foreign-agent' | 'timeout' | 'failed' | `nobody-${Exclude<Identity['kind'], 'phone'>}`

export interface CallStart {
  answer: CallStartAnswer
  outcome: CallStartOutcome
  phoneHash: string | null
  callSid: string | null
}

/** Answers a ring: always, whatever is broken, and within the deadline. Never rejects. */
export type CallStartAnswerer = (body: Fields) => Promise<CallStart>

export function createCallStartAnswerer (parts: CallStartParts): CallStartAnswerer {
  const { store, callerId, promptBuilder, agentIds, timeoutMs, now, newId, onFailure } = parts

  return async function answerCallStart (body) {
    const ids: CallIds = { conversationId: textOf(body, 'conversation_id'), callSid: textOf(body, 'call_sid') }
    const sessionId = derivedSessionId(ids) ?? newId()
    const fallback = (outcome: CallStartOutcome): CallStart =>
      ({ answer: promptBuilder.neutral(sessionId), outcome, phoneHash: null, callSid: ids.callSid })

    // A genuine call gets its answer whatever goes wrong, defects included: hence the one catch for everything.
    const personal = answerFor(body, ids, sessionId).catch((error: unknown) => {
      onFailure(error)
      return fallback('failed')
    })
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<CallStart>((resolve) => {
      timer = setTimeout(() => resolve(fallback('timeout')), timeoutMs)
    })
    try {
      return await Promise.race([personal, late])
    } finally {
      clearTimeout(timer)
    }
  }

  async function answerFor (body: Fields, ids: CallIds, sessionId: string): Promise<CallStart> {
    const { callSid } = ids
    const agentId = textOf(body, 'agent_id')
    if (agentId === null || !agentIds.includes(agentId)) {
      return { answer: promptBuilder.foreign(sessionId), outcome: 'foreign-agent', phoneHash: null, callSid }
    }
    const { identity, direction } = await whoRings(body)
    if (identity.kind !== 'phone') {
      return { answer: promptBuilder.neutral(sessionId), outcome: `nobody-${identity.kind}`, phoneHash: null, callSid }
    }

    const { phoneHash } = identity
    const at = now().toISOString()
    const [ring, globalNotes] = await Promise.all([
      store.updateSoon(phoneHash, beginCall({ phoneHash, newId: newId(), now: at }, ids, direction)),
      notesOrNone()
    ])
    if (ring === null) {
      return { answer: promptBuilder.neutral(sessionId), outcome: 'opted-out', phoneHash, callSid }
    }
    const { answer } = promptBuilder.personal({
      record: ring.record, callNumber: ring.callNumber, sessionId: ring.record.session_id, globalNotes, now: at
    })
    return { answer, outcome: ring.callNumber === 1 ? 'new' : 'returning', phoneHash, callSid }
  }

  async function whoRings (body: Fields): Promise<Person> {
    const learned = await store.loadOwnNumbers()
    return personOf(
      callerId.identify(textOf(body, 'caller_id')),
      callerId.identify(textOf(body, 'called_number')),
      (phoneHash) => callerId.ownNumbers.has(phoneHash) || learned.has(phoneHash)
    )
  }

  /** A caller's own memory is worth more than the notes for everybody: without them the answer is still personal. */
  async function notesOrNone (): Promise<Note[]> {
    try {
      return await store.loadNotes()
    } catch (error) {
      if (!(error instanceof RecordDamaged || error instanceof StorageUnavailable)) throw error
      onFailure(error)
      return []
    }
  }
}
