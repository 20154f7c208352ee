/** Handles a call end: finds the caller, and completes the call in their record. */
import { randomUUID } from 'node:crypto'
import type { CallEndOutcome } from '../caller/calls.ts'
import { loadCallDates } from '../learning/conversation.ts'
import type { Fields } from '../json.ts'
import { hashPrefix } from '../phone/phone-hash.ts'
import { turnsRedactorFor } from '../redaction/turns.ts'
import { rekeyCaller } from '../store/rekey-caller.ts'
import { type PostCallEvent, readPostCallEvent } from '../webhook/post-call-event.ts'
import type { CallContext, CallTrace } from './call-context.ts'
import { applyReport, toCallReport } from './call-report.ts'
import { callerOf, maskedIds, ownNumbersOf, unlessOwn, type IdentifiedCaller } from './identify.ts'
import { learnOwnNumber, warnOfOwnRecords } from './own-numbers.ts'

export type EndCallContext = Omit<CallContext, 'promptBuilder' | 'callerTokens' | 'callWatch'>

export interface EndedCall extends CallTrace {
  /**
   * For the log. `no-number`: the caller has no phone number. `no-ring`: only variables name the number, and the
   * conversation had no call start with it. `ignored`: an event of another type.
   */
  outcome: CallEndOutcome | 'no-number' | 'foreign-agent' | 'ignored'
}

/** Resolves once everything is durable. Rejects with `StorageUnavailable`, `RecordDamaged` or `RecordSealed`. */
export async function endCall (ctx: EndCallContext, envelope: Fields, isSigned: boolean): Promise<EndedCall> {
  const { config, store, redact, learning, now } = ctx
  const event = readPostCallEvent(envelope)
  if (event === null) return { outcome: 'ignored', caller: null, callSid: null }
  if (event.agentId === null || !config.ELEVENLABS_AGENT_ID.includes(event.agentId)) {
    return { outcome: 'foreign-agent', caller: null, callSid: null }
  }

  // Without a signature, anyone could declare a caller's number to be one of ours.
  if (isSigned) await learnAgentNumber(ctx, event)
  const { identity, direction } = await callerOfReport(ctx, event)
  const ids = maskedIds(event, identity, [event.callerNumber, event.calledNumber])
  const { callSid } = ids
  if (identity.kind !== 'phone') return { outcome: 'no-number', caller: null, callSid }

  await rekeyCaller(store, identity)
  const { phoneHash } = identity
  const clock = now()
  const at = clock.toISOString()
  const parseDates = event.collected.length === 0 ? () => [] : await loadCallDates(event.turns)
  const report = toCallReport(event, {
    ids,
    direction,
    now: clock,
    newId: randomUUID,
    mask: (text) => identity.mask(redact(text)),
    redactTurns: turnsRedactorFor(config.REDACT),
    isLearning: config.LEARN_FROM_TRANSCRIPT,
    isTranscriptKept: config.STORE_TRANSCRIPTS,
    parseDates,
    timeZone: config.TIMEZONE
  })
  // Before the record, which holds the job: after a crash in between, an entry without a job does no harm, but a job
  // without an entry would never run.
  if (report.turns !== null) await store.queue.schedule(phoneHash, at)
  const outcome = await store.update(phoneHash, applyReport({ phoneHash, newId: randomUUID(), now: at }, report))
  if (report.turns !== null) learning.wake()
  return { outcome, caller: hashPrefix(phoneHash), callSid }
}

async function callerOfReport (
  ctx: EndCallContext, { direction, callerNumber, calledNumber }: PostCallEvent
): Promise<IdentifiedCaller> {
  const own = await ownNumbersOf(ctx)
  if (direction === null) return callerOf(ctx.callerId, callerNumber, calledNumber, own)
  const identity = ctx.callerId.identify(direction === 'outbound' ? calledNumber : callerNumber)
  return { identity: unlessOwn(identity, own), direction }
}

async function learnAgentNumber (
  { store, callerId, log }: EndCallContext, { agentNumber }: PostCallEvent
): Promise<void> {
  const ours = callerId.identify(agentNumber)
  if (ours.kind !== 'phone' || callerId.ownNumbers.has(ours.phoneHash)) return
  const { phoneHash, legacyHash } = ours
  if (!await learnOwnNumber(store, phoneHash, legacyHash)) return
  await warnOfOwnRecords({ store, log }, legacyHash === null ? [phoneHash] : [phoneHash, legacyHash])
}
