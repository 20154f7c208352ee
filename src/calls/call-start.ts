/** Handles a call start: finds the caller, and responds within the deadline with what is known about them. */
import { randomUUID } from 'node:crypto'
import type { GlobalNotes } from '../../schemas/caller-record.ts'
import type { CallStartResponse } from '../../schemas/personalize.ts'
import type { CallIds } from '../caller/calls.ts'
import { beginCall } from '../caller/open-ring.ts'
import { withDeadline } from '../time.ts'
import { textOf, type Fields } from '../json.ts'
import type { Identity } from '../phone/caller-id.ts'
import { hashPrefix } from '../phone/phone-hash.ts'
import { toldIds } from '../prompt/memory-block.ts'
import { rekeyCaller } from '../store/rekey-caller.ts'
import { isUnreadable } from '../store/unreadable.ts'
import type { CallContext, CallTrace } from './call-context.ts'
import { derivedSessionId, maskedIds, readCallIds } from './call-ids.ts'
import { callerOf, heldOwnNumberTest, ownNumberTest } from './own-numbers.ts'

/** For the log. `no-number-…` says why there is no phone number. */
export type CallStartOutcome =
  | 'new'
  | 'returning'
  | 'opted-out'
  | 'foreign-agent'
  | 'timeout'
  | 'failed'
  | `no-number-${Exclude<Identity['kind'], 'phone'>}`

export interface StartedCall extends CallTrace {
  response: CallStartResponse
  outcome: CallStartOutcome
}

/** Always responds within the deadline, whatever is broken. Never rejects. */
export async function startCall (ctx: CallContext, body: Fields): Promise<StartedCall> {
  const { config, promptBuilder, callerTokens, unrecordedCalls, now } = ctx
  const ids = readCallIds(body)
  // Lazy: only callers without a record need it, and it costs a hash.
  const sessionId = () => derivedSessionId(ids) ?? randomUUID()
  const nobodysToken = () => callerTokens.seal({
    phoneHash: null,
    conversationId: ids.conversationId,
    ids: { conversationId: null, callSid: null },
    issuedAt: now().toISOString()
  })
  const trace: CallTrace = { caller: null, callSid: null }
  const neutral = (outcome: CallStartOutcome): StartedCall =>
    ({ response: promptBuilder.neutral(sessionId(), nobodysToken()), outcome, ...trace })

  // Catches everything, bugs included: a caller is waiting for the response.
  const deadline = performance.now() + config.PERSONALIZE_TIMEOUT_MS
  const parts = { neutral, sessionId, nobodysToken, trace, deadline }
  const personal = personalStart(ctx, body, ids, parts).catch((error: unknown) => {
    unrecordedCalls.count++
    logFailure(ctx, error, trace)
    return neutral('failed')
  })
  return await withDeadline(personal, config.PERSONALIZE_TIMEOUT_MS, () => neutral('timeout'))
}

interface StartParts {
  neutral: (outcome: CallStartOutcome) => StartedCall
  sessionId: () => string
  nobodysToken: () => string
  /** Is filled in as soon as something is known, so that a timeout can be logged with it. */
  trace: CallTrace
  /** When the neutral response goes out, on the clock of `performance.now()`. */
  deadline: number
}

async function personalStart (
  ctx: CallContext, body: Fields, ids: CallIds, { neutral, sessionId, nobodysToken, trace, deadline }: StartParts
): Promise<StartedCall> {
  const { config, store, callerId, promptBuilder, callerTokens, now } = ctx
  const numbers = { caller: textOf(body, 'caller_id'), called: textOf(body, 'called_number') }
  const { identity, direction } = callerOf(
    callerId.identify(numbers.caller),
    () => callerId.identify(numbers.called),
    heldOwnNumberTest(store, callerId) ?? await ownNumberTest(store, callerId)
  )
  const maskedCallIds = maskedIds(ids, identity, [numbers.caller, numbers.called])
  trace.callSid = maskedCallIds.callSid
  trace.caller = identity.kind === 'phone' ? hashPrefix(identity.phoneHash) : null

  const agentId = textOf(body, 'agent_id')
  if (agentId === null || !config.ELEVENLABS_AGENT_ID.includes(agentId)) {
    return { response: promptBuilder.foreign(sessionId(), nobodysToken()), outcome: 'foreign-agent', ...trace }
  }
  if (identity.kind !== 'phone') return neutral(`no-number-${identity.kind}`)

  if (identity.legacyHash !== null) await rekeyCaller(store, identity)
  const { phoneHash } = identity
  const at = now().toISOString()
  const notes = store.heldDocument('notes') ?? await notesOrNone(ctx, trace)
  const context = { phoneHash, newId: randomUUID(), now: at }
  const callerToken = callerTokens.seal({
    phoneHash, conversationId: ids.conversationId, ids: maskedCallIds, issuedAt: at
  })
  const start = beginCall(context, maskedCallIds, direction, (record, callNumber) => {
    const { response, told, isReturning } = promptBuilder.personal({
      record,
      callNumber,
      sessionId: record.session_id,
      callerToken,
      globalNotes: notes.value?.notes ?? [],
      now: at
    })
    const outcome = isReturning ? 'returning' as const : 'new' as const
    return { told: toldIds(told), result: { response, outcome } }
  })
  const started = await store.startCall(phoneHash, start, deadline - performance.now())
  if (started === null) return neutral('opted-out')
  return { ...started, ...trace }
}

/** Without the notes for everybody, the response is still personal. */
async function notesOrNone (ctx: CallContext, trace: CallTrace): Promise<{ value: GlobalNotes | null }> {
  try {
    return { value: await ctx.store.loadDocument('notes') }
  } catch (error) {
    if (!isUnreadable(error)) throw error
    logFailure(ctx, error, trace)
    return { value: null }
  }
}

function logFailure ({ log }: CallContext, err: unknown, { caller, callSid }: CallTrace): void {
  log.error({ caller, call_sid: callSid, err }, 'a call start could not be personalised')
}
