/** Turns a post-call event into what may be stored: cut to size, masked and redacted. Pure except for new ids. */
import type { CallIds } from '../caller/calls.ts'
import { languageFrom, nameFrom, type LearntProfile } from '../caller/profile.ts'
import { cutText } from '../json.ts'
import type { CallReport } from '../learning/apply-report.ts'
import { readsLikeAnOrder } from '../learning/instruction.ts'
import type { Learnt } from '../learning/learnt-facts.ts'
import { turnsFrom } from '../learning/turns.ts'
import { defuse } from '../prompt/untrusted.ts'
import {
  MAX_RATIONALE_CHARS, MAX_REASON_CHARS, MAX_STATUS_CHARS, MAX_SUMMARY_CHARS, MAX_TITLE_CHARS,
  type CollectedItem, type EvaluationResult, type PostCallEvent
} from '../webhook/post-call-event.ts'

/** Identifiers of ElevenLabs' data collection that fill the profile; the first one that is present counts. */
const NAME_IDS = ['caller_name', 'name', 'first_name']
const LANGUAGE_IDS = ['language', 'preferred_language', 'caller_language']

export interface CallReportParts {
  ids: CallIds
  direction: 'inbound' | 'outbound'
  /** For an event that does not say when the call was. */
  now: Date
  newId: () => string
  /** Masks the caller's number, and removes what else must not be stored. */
  mask: (text: string) => string
  /** Whether a language model learns from the transcript. */
  isLearning: boolean
  /** Whether the transcript is stored with the call. */
  isTranscriptKept: boolean
}

export function toCallReport (
  event: PostCallEvent, { ids, direction, now, newId, mask, isLearning, isTranscriptKept }: CallReportParts
): CallReport {
  const kept = (text: string | null, maxChars: number) => text === null ? null : cutText(mask(text), maxChars)
  const endedAt = toIso((event.startedAtSeconds ?? NaN) + (event.durationSecs ?? 0)) ?? now.toISOString()
  const saidAt = endedAt < now.toISOString() ? endedAt : now.toISOString()
  const turns = isLearning || isTranscriptKept ? turnsFrom(event.turns, mask) : []
  return {
    ids,
    direction,
    needsCallStart: event.hasNumbersFromVariables,
    startedAt: toIso(event.startedAtSeconds),
    endedAt,
    durationSecs: event.durationSecs,
    status: cutText(mask(event.status), MAX_STATUS_CHARS),
    failureReason: kept(event.failureReason, MAX_REASON_CHARS),
    title: kept(event.title, MAX_TITLE_CHARS),
    summary: kept(event.summary, MAX_SUMMARY_CHARS),
    ...(event.outcome === null ? {} : { outcome: cutText(mask(event.outcome), MAX_STATUS_CHARS) }),
    ...(event.evaluation.length === 0 ? {} : { evaluation: event.evaluation.map(evaluated) }),
    ...(isTranscriptKept ? { transcript: turns } : {}),
    collected: event.collected.filter(({ id }) => !isProfile(id)).flatMap((item) => factFrom(item)),
    profile: profileFrom(event.collected.filter(({ value }) => !readsLikeAnOrder(value))),
    turns: isLearning && turns.some(({ role }) => role === 'user') ? turns : null
  }

  function evaluated ({ criteriaId, result, rationale }: EvaluationResult) {
    return {
      criteria_id: cutText(mask(criteriaId), MAX_ID_CHARS),
      result: cutText(mask(result), MAX_STATUS_CHARS),
      rationale: kept(rationale, MAX_RATIONALE_CHARS)
    }
  }

  function factFrom ({ id, value, rationale }: CollectedItem): Learnt[] {
    const label = cutText(mask(id), MAX_ID_CHARS)
    const said = defuse(mask(value), MAX_VALUE_CHARS)
    if (said === '' || readsLikeAnOrder(said)) return []
    return [{
      id: newId(),
      text: defuse(`${readable(label)}: ${said}`, MAX_FACT_CHARS),
      source: 'collected',
      evidence: kept(rationale, MAX_RATIONALE_CHARS),
      conversationId: ids.conversationId,
      saidAt,
      label
    }]
  }
}

const MAX_ID_CHARS = 100
const MAX_VALUE_CHARS = 800

/** As in the schema of facts. A label with its value can be longer: some letters become two in lower case. */
const MAX_FACT_CHARS = 1000

function profileFrom (collected: CollectedItem[]): LearntProfile {
  const first = <T>(ids: string[], read: (value: string) => T | null) => ids
    .map((id) => collected.find((item) => item.isText && item.id.toLowerCase() === id))
    .reduce<T | null>((found, item) => found ?? (item === undefined ? null : read(item.value)), null)
  return { callerName: first(NAME_IDS, nameFrom), language: first(LANGUAGE_IDS, languageFrom) }
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
