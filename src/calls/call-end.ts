/** The post-call webhook's work: whose call it was, and closing it in their record. */
import type { EndOutcome } from '../caller/calls.ts'
import { takeReport } from '../learning/call-report.ts'
import type { CallerIdReader, Identity } from '../phone/caller-id-reader.ts'
import { hashPrefix } from '../phone/phone-hash.ts'
import { adoptFormer } from '../store/adopt-former.ts'
import type { Store } from '../store/store.ts'
import type { Fields } from '../webhook/json-fields.ts'
import { maskedIds } from './call-ids.ts'
import type { CallTrace } from './call-start.ts'
import { learnOwnNumber, ownNumberTest } from './own-numbers.ts'
import { notOurs, personOf, type Person } from './person.ts'
import { reportOf } from './report-of.ts'
import { readPostCallEvent, type PostCallEvent } from '../webhook/post-call-event.ts'

export interface CallEndParts {
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
  onWork: () => void
}

/**
 * What became of an event, for the log. `nobody`: no real number; `no-ring`: only variables name the number, and no ring
 * of the same conversation gave it; `ignored`: not an event that is read.
 */
export interface CallEndReport extends CallTrace {
  outcome: EndOutcome | 'nobody' | 'foreign-agent' | 'ignored'
  /** One of our numbers, seen for the first time, under which a record is stored: the first digits of its hash. */
  ownNumberWithRecord: string | null
}

/** Takes an event in; resolves once what it says is durable. Rejects with `StorageUnavailable` or `RecordDamaged`. */
export type CallEndTaker = (envelope: Fields, isSigned: boolean) => Promise<CallEndReport>

export function createCallEndTaker ({ store, callerId, agentIds, now, newId, redact, isLearning, isTranscriptKept, onWork }: CallEndParts): CallEndTaker {
  return async function takeCallEnd (envelope, isSigned) {
    const event = readPostCallEvent(envelope)
    if (event === null) return { outcome: 'ignored', caller: null, callSid: null, ownNumberWithRecord: null }
    if (event.agentId === null || !agentIds.includes(event.agentId)) {
      return { outcome: 'foreign-agent', caller: null, callSid: null, ownNumberWithRecord: null }
    }

    // Only a signature proves that ElevenLabs says so: else anybody could make a caller's number one of ours.
    const ownNumberWithRecord = isSigned ? await learnFrom(event) : null
    const { identity, direction } = await whose(event)
    const ids = maskedIds(event, identity, [event.callerNumber, event.calledNumber])
    const trace = { callSid: ids.callSid, ownNumberWithRecord }
    if (identity.kind !== 'phone') return { outcome: 'nobody', caller: null, ...trace }

    await adoptFormer(store, identity)
    const { phoneHash } = identity
    const clock = now()
    const at = clock.toISOString()
    const report = reportOf(event, {
      ids, direction, now: clock, newId, mask: (text) => identity.mask(redact(text)), isLearning, isTranscriptKept
    })
    // Before the record, which holds the work: a crash in between leaves a note of work that is not there, not work that nobody knows of.
    if (report.turns !== null) await store.work.note(phoneHash, at)
    const outcome = await store.update(phoneHash, takeReport({ phoneHash, newId: newId(), now: at }, report))
    if (report.turns !== null) onWork()
    return { outcome, caller: hashPrefix(phoneHash), ...trace }
  }

  async function whose (event: PostCallEvent): Promise<Person> {
    const isOwn = await ownNumberTest(store, callerId)
    const caller = callerId.identify(event.callerNumber)
    const called = () => callerId.identify(event.calledNumber)
    if (event.direction === null) return personOf(caller, called, isOwn)
    const identity: Identity = event.direction === 'outbound' ? called() : caller
    return { identity: notOurs(identity, isOwn), direction: event.direction }
  }

  async function learnFrom ({ agentNumber }: PostCallEvent): Promise<string | null> {
    const ours = callerId.identify(agentNumber)
    if (ours.kind !== 'phone' || callerId.ownNumbers.has(ours.phoneHash)) return null
    const { phoneHash, formerHash } = ours
    if (!await learnOwnNumber(store, phoneHash, formerHash)) return null
    for (const hash of [phoneHash, formerHash]) {
      if (hash !== null && (await store.load(hash)).record !== null) return hashPrefix(hash)
    }
    return null
  }
}
