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
import type { CallContext, CallTrace } from './call-context.ts'
import { callerOf, derivedSessionId, maskedIds, ownNumbersOf, readCallIds } from './identify.ts'
import { isUnreadable } from '../store/unreadable.ts'

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
  /** `response` as it is sent. */
  json: string
  outcome: CallStartOutcome
}

/** The trace is filled in as soon as something is known, so that a timeout can be logged with it. */
interface StartingCall extends CallTrace {
  /** As received. */
  ids: CallIds
  /** When the neutral response goes out, on the clock of `performance.now()`. */
  deadline: number
}

/** Always responds within the deadline, whatever is broken. Never rejects. */
export async function startCall (ctx: CallContext, body: Fields): Promise<StartedCall> {
  const timeoutMs = ctx.config.PERSONALIZE_TIMEOUT_MS
  const call = { ids: readCallIds(body), deadline: performance.now() + timeoutMs, caller: null, callSid: null }
  // Catches everything, bugs included: a caller is waiting for the response.
  const personal = personalStart(ctx, body, call).catch((error: unknown) => {
    ctx.callWatch.unrecorded()
    logFailure(ctx, error, call)
    return neutralStart(ctx, call, 'failed')
  })
  return await withDeadline(personal, timeoutMs, () => neutralStart(ctx, call, 'timeout'))
}

async function personalStart (ctx: CallContext, body: Fields, call: StartingCall): Promise<StartedCall> {
  const { config, store, callerId, promptBuilder, callerTokens, now } = ctx
  const [calling, called] = [textOf(body, 'caller_id'), textOf(body, 'called_number')]
  const { identity, direction } = callerOf(callerId, calling, called, await ownNumbersOf(ctx))
  const ids = maskedIds(call.ids, identity, [calling, called])
  call.callSid = ids.callSid
  call.caller = identity.kind === 'phone' ? hashPrefix(identity.phoneHash) : null

  const agentId = textOf(body, 'agent_id')
  if (agentId === null || !config.ELEVENLABS_AGENT_ID.includes(agentId)) return neutralStart(ctx, call, 'foreign-agent')
  if (identity.kind !== 'phone') return neutralStart(ctx, call, `no-number-${identity.kind}`)

  if (identity.legacyHash !== null) await rekeyCaller(store, identity)
  const { phoneHash } = identity
  const at = now().toISOString()
  const globalNotes = (await notesOrNone(ctx, call))?.notes ?? []
  const callerToken = callerTokens.seal({ phoneHash, conversationId: call.ids.conversationId, ids, issuedAt: at })
  const context = { phoneHash, newId: randomUUID(), now: at }
  // Composed inside the change: what the response says and what is stored come from one state.
  const start = beginCall(context, ids, direction, (record, callNumber) => {
    const sessionId = record.session_id
    const { response, json, told, isReturning } = promptBuilder.personal({
      record, callNumber, sessionId, callerToken, globalNotes, now: at
    })
    const outcome = isReturning ? 'returning' as const : 'new' as const
    return { told: toldIds(told), result: { response, json, outcome } }
  })
  const started = await store.startCall(phoneHash, start, call.deadline - performance.now())
  if (started === null) return neutralStart(ctx, call, 'opted-out')
  return { ...started, caller: call.caller, callSid: call.callSid }
}

/** Without memory, and with a token that is nobody's. */
function neutralStart (
  { promptBuilder, callerTokens, now }: CallContext, call: StartingCall, outcome: CallStartOutcome
): StartedCall {
  const sessionId = derivedSessionId(call.ids) ?? randomUUID()
  const token = callerTokens.seal({
    phoneHash: null,
    conversationId: call.ids.conversationId,
    ids: { conversationId: null, callSid: null },
    issuedAt: now().toISOString()
  })
  const respond = outcome === 'foreign-agent' ? promptBuilder.foreign : promptBuilder.neutral
  const response = respond(sessionId, token)
  return { response, json: JSON.stringify(response), outcome, caller: call.caller, callSid: call.callSid }
}

/** Without the notes for everybody, the response is still personal. */
async function notesOrNone (ctx: CallContext, call: StartingCall): Promise<GlobalNotes | null> {
  try {
    return await ctx.store.loadDocument('notes')
  } catch (error) {
    if (!isUnreadable(error)) throw error
    logFailure(ctx, error, call)
    return null
  }
}

function logFailure ({ log }: CallContext, err: unknown, { caller, callSid }: CallTrace): void {
  log.error({ caller, call_sid: callSid, err }, 'a call start could not be personalised')
}
