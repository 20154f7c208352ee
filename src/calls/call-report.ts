/** What a post-call event says, as it may be stored: cut to size, masked and redacted. Pure except for new ids. */
import type { CallerRecord, Fact, PendingReason, Turn } from '../../schemas/caller-record.ts'
import { activeRecord, type Caller, type Change, type Context } from '../caller/caller.ts'
import {
  findCall, isInFull, isLatest, recordCallEnd, type CallEnd, type CallEndOutcome, type CallIds
} from '../caller/calls.ts'
import { withoutOldFacts } from '../caller/facts.ts'
import { withJob } from '../caller/learning-jobs.ts'
import { languageFrom, nameFrom, withLearntProfile, type LearntProfile } from '../caller/profile.ts'
import { withWordsOfLostFacts } from '../caller/told.ts'
import { defuse, readsLikeAnOrder } from '../caller/untrusted.ts'
import { cutText } from '../json.ts'
import { callLanguage, withoutMasks } from '../learning/conversation.ts'
import { validityOf, type Reading } from '../learning/days.ts'
import { isMentioned, speechOf, supportOf, type Speech } from '../learning/evidence.ts'
import { withoutForgotten } from '../learning/forgotten.ts'
import { addLearnt, doubted, NEW_FACT } from '../learning/learnt-facts.ts'
import { forgottenSince, settledByTool } from '../learning/settled-by-tools.ts'
import type { turnsRedactorFor } from '../redaction/turns.ts'
import { earlier } from '../time.ts'
import { hasWished } from '../tools/tool-change.ts'
import {
  maskedTurns, MAX_RATIONALE_CHARS, MAX_REASON_CHARS, MAX_STATUS_CHARS, MAX_SUMMARY_CHARS, MAX_TITLE_CHARS,
  type CollectedItem, type PostCallEvent
} from '../webhook/post-call-event.ts'

/** Identifiers of ElevenLabs' data collection that fill the profile; the first one that is present counts. */
const NAME_IDS = ['caller_name', 'name', 'first_name']
const LANGUAGE_IDS = ['language', 'preferred_language', 'caller_language']

export interface CallReport extends CallEnd {
  /** What ElevenLabs' data collection found, as facts. */
  collected: Fact[]
  profile: LearntProfile
  /** For the model; null when it is not to learn, or the caller said nothing. */
  turns: Turn[] | null
}

export interface CallReportParts {
  ids: CallIds
  direction: 'inbound' | 'outbound'
  /** For an event that does not say when the call was. */
  now: Date
  newId: () => string
  /** Masks the caller's number, and removes what else must not be stored. */
  mask: (text: string) => string
  /** Masks what only shows when turns are read together. */
  redactTurns: ReturnType<typeof turnsRedactorFor>
  /** Whether a language model learns from the transcript. */
  isLearning: boolean
  /** Whether the transcript is stored with the call. */
  isTranscriptKept: boolean
  /** Finds dates in the language of the call. */
  parseDates: Reading['parseDates']
  /** IANA name, for days such as "tomorrow". */
  timeZone: string
}

export function toCallReport (
  event: PostCallEvent, parts: CallReportParts
): CallReport {
  const { ids, direction, now, newId, mask, isLearning, isTranscriptKept, redactTurns, parseDates, timeZone } = parts
  const kept = (text: string | null, maxChars: number) => text === null ? null : cutText(mask(text), maxChars)
  const endedAt = toIso((event.startedAtSeconds ?? NaN) + (event.durationSecs ?? 0)) ?? now.toISOString()
  const saidAt = earlier(endedAt, now.toISOString())
  const needsTurns = isLearning || isTranscriptKept || event.collected.length > 0
  const turns = needsTurns ? maskedTurns(redactTurns(event.turns), mask) : []
  const supportFor = valueSupport(turns)
  const startedAt = toIso(event.startedAtSeconds) ?? now.toISOString()
  const reading: Reading = { parseDates, timeZone, startedAt }
  const title = kept(event.title, MAX_TITLE_CHARS)
  const summary = kept(event.summary, MAX_SUMMARY_CHARS)
  const evaluation = event.evaluation.map((item) => ({
    criteria_id: cutText(mask(item.criteria_id), MAX_ID_CHARS),
    result: cutText(mask(item.result), MAX_STATUS_CHARS),
    rationale: kept(item.rationale, MAX_RATIONALE_CHARS)
  }))
  const withheld = (['title', 'summary'] as const).filter((part) =>
    readsLikeAnOrder((part === 'title' ? title : summary) ?? ''))
  return {
    ids,
    needsCallStart: event.hasNumbersFromVariables,
    startedAt: toIso(event.startedAtSeconds),
    endedAt,
    said: {
      direction,
      duration_secs: event.durationSecs,
      status: cutText(mask(event.status), MAX_STATUS_CHARS),
      failure_reason: kept(event.failureReason, MAX_REASON_CHARS),
      title,
      summary,
      ...(withheld.length === 0 ? {} : { withheld }),
      ...(event.outcome === null ? {} : { outcome: cutText(mask(event.outcome), MAX_STATUS_CHARS) }),
      ...(evaluation.length === 0 ? {} : { evaluation }),
      ...(isTranscriptKept ? { transcript: turns } : {})
    },
    collected: event.collected.filter(({ id }) => !isProfile(id)).flatMap((item) => factFrom(item)),
    profile: profileFrom(event.collected.filter(({ value }) => !readsLikeAnOrder(value))),
    turns: isLearning && turns.some(({ role }) => role === 'user') ? turns : null
  }

  function factFrom ({ id, value, rationale }: CollectedItem): Fact[] {
    const label = cutText(mask(id), MAX_ID_CHARS)
    const said = defuse(mask(value), MAX_VALUE_CHARS)
    // What is masked teaches nothing.
    if (said === '' || withoutMasks(said) !== said) return []
    const support = readsLikeAnOrder(said) ? 'order' : supportFor(said)
    return [doubted({
      ...NEW_FACT,
      id: newId(),
      text: defuse(`${readable(label)}: ${said}`, MAX_FACT_CHARS),
      source: 'collected',
      evidence: kept(rationale, MAX_RATIONALE_CHARS),
      created_at: saidAt,
      updated_at: now.toISOString(),
      conversation_id: ids.conversationId,
      label,
      ...(support === 'form' ? { noted_by: 'form' as const } : {}),
      ...validityOf(said, [], {}, reading)
    }, support === 'full' || support === 'form' ? null : support)]
  }
}

/**
 * How the caller's own words support a collected value. `form`: they do not speak of it, or there are none, so the
 * value is told as the form's. A value that they deny, or say of somebody else, waits for the operator.
 */
function valueSupport (turns: Turn[]): (value: string) => 'full' | 'form' | PendingReason {
  const language = callLanguage(turns)
  const spokenBy = (by: Turn['role']) => turns.filter(({ role }) => role === by).map(({ text }) => withoutMasks(text))
  const [caller, agent] = [speechOf(spokenBy('user'), language), speechOf(spokenBy('agent'), language)]
  return (value) => {
    const support = supportOf(caller, value, { agent })
    if (support === 'full' || support === 'none') return support === 'full' ? support : 'form'
    return isMentioned(caller, value) && !isFromAgent(caller, value, agent) ? support : 'form'
  }
}

/** Whether a value is the agent's rather than the caller's: then nothing is known of what the caller says of it. */
function isFromAgent (caller: Speech, value: string, agent: Speech): boolean {
  return supportOf(caller, value) === 'full' && supportOf(caller, value, { agent }) !== 'full'
}

const MAX_ID_CHARS = 100
const MAX_VALUE_CHARS = 800

/** As in the schema of facts. A label with its value can be longer: some letters become two in lower case. */
const MAX_FACT_CHARS = 1000

function profileFrom (collected: CollectedItem[]): LearntProfile {
  const first = <T>(ids: string[], read: (value: string) => T | null) => ids
    .map((id) => collected.find((item) => item.isText && item.id.toLowerCase() === id))
    .reduce<T | null>((found, item) => found ?? (item === undefined ? null : read(item.value)), null)
  return { caller_name: first(NAME_IDS, nameFrom), language: first(LANGUAGE_IDS, languageFrom) }
}

function isProfile (id: string): boolean {
  return [...NAME_IDS, ...LANGUAGE_IDS].includes(id.toLowerCase())
}

/** `delivery_pref` becomes `Delivery pref`. */
function readable (id: string): string {
  const words = id.replace(/([a-z\d])([A-Z])/g, '$1 $2').replace(/[_\-\s]+/g, ' ').trim().toLowerCase()
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`
}

/** Null for a time before 1970 or after 9999: stored times are compared as text, so their years have four digits. */
function toIso (seconds: number | null): string | null {
  const date = new Date((seconds ?? NaN) * 1000)
  const year = date.getUTCFullYear()
  return year >= 1970 && year <= 9999 ? date.toISOString() : null
}

/** Stores the report, and adds a job for the model. */
export function applyReport (context: Context, received: CallReport): Change<CallEndOutcome> {
  return (caller) => {
    const report = withoutForgottenParts(received, activeRecord(caller))
    const ended = recordCallEnd(context, report)(caller)
    const record = activeRecord(ended.caller)
    if (record === null || (ended.result !== 'closed' && ended.result !== 'added')) return ended

    const { ids: { conversationId }, turns } = report
    const collected = report.collected.filter(({ text }) =>
      conversationId === null || settledByTool(record, conversationId, text) === null)
    const facts = collected.reduce((all, learnt) => addLearnt(all, learnt).facts, record.facts)
    const latest = isLatest(record, conversationId)
    const profiled = withLearntProfile({ ...record, facts }, report.profile, latest, context.now)
    const learnt = withWordsOfLostFacts(record, withoutOldFacts(profiled, context.now))
    const needsJob = conversationId !== null && turns !== null && !isLearnt(caller, report)
    return {
      caller: { ...ended.caller, record: needsJob ? withJob(learnt, conversationId, turns, context.now) : learnt },
      result: ended.result
    }
  }
}

function isLearnt (caller: Caller, { ids }: CallReport): boolean {
  const record = activeRecord(caller)
  const call = record === null ? undefined : findCall(record, ids)
  return call !== undefined && (!isInFull(call) || call.learnt_at != null)
}

/** Without what was forgotten since the call began; and with nothing said by a caller who wished to be forgotten. */
function withoutForgottenParts (report: CallReport, record: CallerRecord | null): CallReport {
  const call = record === null ? undefined : findCall(record, report.ids)
  if (record === null || (call !== undefined && !isInFull(call))) return report
  if (hasWished(call ?? null)) {
    const { transcript, evaluation, withheld, ...rest } = report.said
    const said = { ...rest, title: null, summary: null }
    return { ...report, said, collected: [], profile: { caller_name: null, language: null }, turns: null }
  }
  const forgotten = forgottenSince(record, call?.started_at ?? report.startedAt ?? report.endedAt)
  if (forgotten.length === 0) return report
  const turns = report.turns === null ? null : withoutForgotten(report.turns, forgotten)
  const { transcript, ...said } = report.said
  return {
    ...report,
    said: transcript === undefined ? said : { ...said, transcript: withoutForgotten(transcript, forgotten) },
    collected: withoutForgotten(report.collected, forgotten),
    turns: turns?.some(({ role }) => role === 'user') === true ? turns : null
  }
}
