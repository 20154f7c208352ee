/** The post-call webhook's work: whose call it was, and closing it in their record. */
import type { CallEndOutcome } from '../caller/calls.ts'
import { applyReport } from '../learning/apply-report.ts'
import type { CallerIdReader, Identity } from '../phone/caller-id-reader.ts'
import { hashPrefix } from '../phone/phone-hash.ts'
import { rekeyCaller } from '../store/rekey-caller.ts'
import type { Store } from '../store/store.ts'
import type { Fields } from '../webhook/json-fields.ts'
import { maskedIds } from './call-ids.ts'
import type { CallTrace } from './call-start.ts'
import { learnOwnNumber, ownNumberTest } from './own-numbers.ts'
import { unlessOwnNumber, callerOf, type IdentifiedCaller } from './person.ts'
import { toCallReport } from './call-report.ts'
import { readPostCallEvent, type PostCallEvent } from '../webhook/post-call-event.ts'

export interface EndCallParts {
  store: Store
  callerId: CallerIdReader
  /** Our agents' ids. */
  agentIds: readonly string[]
  now: () => Date
  newId: () => string
  /** A text without what must not stay, such as card numbers. */
  redact: (text: string) => string
  /** Whether a language model is to read what was said. */
  isLearning: boolean
  /** Whether what was said is kept with the call. */
  isTranscriptKept: boolean
  /** Told when there is something to learn from. */
  onQueued: () => void
}

/**
 * What became of an event, for the log. `nobody`: no real number; `no-ring`: only variables name the number, and no ring
 * of the same conversation gave it; `ignored`: not an event that is read.
 */
export interface EndedCall extends CallTrace {
  outcome: CallEndOutcome | 'no-number' | 'foreign-agent' | 'ignored'
  /** One of our numbers, seen for the first time, under which a record is stored: the first digits of its hash. */
  ownNumberWithRecord: string | null
}

/** Takes an event in; resolves once what it says is durable. Rejects with `StorageUnavailable` or `RecordDamaged`. */
export type EndCall = (envelope: Fields, isSigned: boolean) => Promise<EndedCall>

export function createEndCall ({ store, callerId, agentIds, now, newId, redact, isLearning, isTranscriptKept, onQueued }: EndCallParts): EndCall {
  return async function endCall (envelope, isSigned) {
    const event = readPostCallEvent(envelope)
    if (event === null) return { outcome: 'ignored', caller: null, callSid: null, ownNumberWithRecord: null }
    if (event.agentId === null || !agentIds.includes(event.agentId)) {
      return { outcome: 'foreign-agent', caller: null, callSid: null, ownNumberWithRecord: null }
    }

    // Only a signature proves that ElevenLabs says so: else anybody could make a caller's number one of ours.
    const ownNumberWithRecord = isSigned ? await learnAgentNumber(event) : null
    const { identity, direction } = await callerOfReport(event)
    const ids = maskedIds(event, identity, [event.callerNumber, event.calledNumber])
    const trace = { callSid: ids.callSid, ownNumberWithRecord }
    if (identity.kind !== 'phone') return { outcome: 'no-number', caller: null, ...trace }

    await rekeyCaller(store, identity)
    const { phoneHash } = identity
    const clock = now()
    const at = clock.toISOString()
    const report = toCallReport(event, {
      ids, direction, now: clock, newId, mask: (text) => identity.mask(redact(text)), isLearning, isTranscriptKept
    })
    // Before the record, which holds the work: a crash in between leaves a note of work that is not there, not work that nobody knows of.
    if (report.turns !== null) await store.queue.schedule(phoneHash, at)
    const outcome = await store.update(phoneHash, applyReport({ phoneHash, newId: newId(), now: at }, report))
    if (report.turns !== null) onQueued()
    return { outcome, caller: hashPrefix(phoneHash), ...trace }
  }

  async function callerOfReport (event: PostCallEvent): Promise<IdentifiedCaller> {
    const isOwn = await ownNumberTest(store, callerId)
    const caller = callerId.identify(event.callerNumber)
    const called = () => callerId.identify(event.calledNumber)
    if (event.direction === null) return callerOf(caller, called, isOwn)
    const identity: Identity = event.direction === 'outbound' ? called() : caller
    return { identity: unlessOwnNumber(identity, isOwn), direction: event.direction }
  }

  async function learnAgentNumber ({ agentNumber }: PostCallEvent): Promise<string | null> {
    const ours = callerId.identify(agentNumber)
    if (ours.kind !== 'phone' || callerId.ownNumbers.has(ours.phoneHash)) return null
    const { phoneHash, legacyHash } = ours
    if (!await learnOwnNumber(store, phoneHash, legacyHash)) return null
    for (const hash of [phoneHash, legacyHash]) {
      if (hash !== null && (await store.load(hash)).record !== null) return hashPrefix(hash)
    }
    return null
  }
}
