/**
 * Reads the post-call webhook tolerantly: only `agent_id` and `conversation_id` are relied on.
 *
 * @see https://elevenlabs.io/docs/eleven-agents/workflows/post-call-webhooks
 */
import type { Call, Turn } from '../../schemas/caller-record.ts'
import { cutText, type Fields, fieldsOf, isFields, numberOf, textOf } from '../json.ts'

/** A call that ended, or that could not start. */
export interface PostCallEvent {
  agentId: string | null
  conversationId: string | null
  callSid: string | null
  /** Null if the event does not say. */
  direction: Call['direction'] | null
  /** Both numbers as received. */
  callerNumber: string | null
  calledNumber: string | null
  /**
   * Whether both numbers come from the conversation's variables and not from the phone network: anyone who starts a
   * conversation can set variables.
   */
  hasNumbersFromVariables: boolean
  /** Our own number, if the provider names it. */
  agentNumber: string | null
  /** Unix seconds; null if the event does not say. */
  startedAtSeconds: number | null
  durationSecs: number | null
  status: string
  failureReason: string | null
  title: string | null
  summary: string | null
  /** ElevenLabs' verdict: `success`, `failure`, `unknown`. */
  outcome: string | null
  evaluation: NonNullable<Call['evaluation']>
  /** From ElevenLabs' data collection, without values that are null, empty or objects. */
  collected: CollectedItem[]
  /** In order, without turns that have no words. */
  turns: SpokenTurn[]
}

export interface CollectedItem {
  /** The identifier from the agent's settings, such as `delivery_pref`. */
  id: string
  value: string
  /** False for a number, boolean or list, which {@link spelledOut} made a text of. */
  isText: boolean
  rationale: string | null
}

export type SpokenTurn = Omit<Turn, 'number'>

// Longer texts are cut when they are stored.
export const MAX_REASON_CHARS = 200
export const MAX_STATUS_CHARS = 40
export const MAX_TITLE_CHARS = 200
export const MAX_SUMMARY_CHARS = 4000
export const MAX_RATIONALE_CHARS = 1000
export const MAX_TURN_CHARS = 4000

/** Characters kept of one call, about an hour and a half. The end of a longer call is kept. */
export const MAX_SPOKEN_CHARS = 60_000

// More than an agent can sensibly be set up with, or say.
const MAX_EVALUATIONS = 30
const MAX_COLLECTED = 50
const MAX_TURNS = 2000

const MAX_ID_CHARS = 100

/** Twice as much is read as is stored: a cut through the caller's number would leave most of it unmasked. */
const READ_AHEAD = 2

/** For a call's ids, which are masked and then cut to 200. */
export const READ_ID_CHARS = 400

/** Null for audio events, and for types that are not known. */
export function readPostCallEvent (envelope: Fields): PostCallEvent | null {
  const data = fieldsOf(envelope, 'data')
  switch (envelope['type']) {
    case 'post_call_transcription': return transcription(data, numberOf(envelope, 'event_timestamp'))
    case 'call_initiation_failure': return initiationFailure(data, numberOf(envelope, 'event_timestamp'))
    default: return null
  }
}

function transcription (data: Fields, eventSeconds: number | null): PostCallEvent {
  const metadata = fieldsOf(data, 'metadata')
  const phoneCall = fieldsOf(metadata, 'phone_call')
  const analysis = fieldsOf(data, 'analysis')
  const variables = fieldsOf(fieldsOf(data, 'conversation_initiation_client_data'), 'dynamic_variables')
  const said = textOf(phoneCall, 'direction')
  const direction = said === 'inbound' || said === 'outbound' ? said : null
  const person = textOf(phoneCall, 'external_number')
  const ours = textOf(phoneCall, 'agent_number')
  const duration = numberOf(metadata, 'call_duration_secs')
  // Null on a call that went well.
  const error = fieldsOf(metadata, 'error')
  const code = numberOf(error, 'code')
  const numbers = person === null
    ? { callerNumber: textOf(variables, 'system__caller_id'), calledNumber: textOf(variables, 'system__called_number') }
    : direction === 'outbound'
      ? { callerNumber: ours, calledNumber: person }
      : { callerNumber: person, calledNumber: ours }
  return {
    agentId: textOf(data, 'agent_id'),
    conversationId: textOf(data, 'conversation_id', READ_ID_CHARS),
    callSid: textOf(phoneCall, 'call_sid', READ_ID_CHARS) ?? textOf(variables, 'system__call_sid', READ_ID_CHARS),
    direction: person === null ? direction : direction ?? 'inbound',
    ...numbers,
    hasNumbersFromVariables: person === null,
    agentNumber: ours,
    startedAtSeconds: numberOf(metadata, 'start_time_unix_secs') ??
      (eventSeconds === null ? null : eventSeconds - (duration ?? 0)),
    durationSecs: duration === null ? null : Math.max(0, Math.round(duration)),
    status: textOf(data, 'status', MAX_STATUS_CHARS) ?? 'done',
    failureReason: textOf(error, 'reason', READ_AHEAD * MAX_REASON_CHARS) ?? (code === null ? null : `error ${code}`),
    title: textOf(analysis, 'call_summary_title', READ_AHEAD * MAX_TITLE_CHARS),
    summary: textOf(analysis, 'transcript_summary', READ_AHEAD * MAX_SUMMARY_CHARS),
    outcome: textOf(analysis, 'call_successful', MAX_STATUS_CHARS),
    evaluation: itemsOf(analysis, 'evaluation_criteria_results', 'criteria_id')
      .slice(0, MAX_EVALUATIONS)
      .map(([id, item]) => ({
        criteria_id: id,
        result: textOf(item, 'result', MAX_STATUS_CHARS) ?? 'unknown',
        rationale: rationaleOf(item)
      })),
    collected: itemsOf(analysis, 'data_collection_results', 'data_collection_id')
      .slice(0, MAX_COLLECTED)
      .flatMap(([id, item]) => {
        const value = spelledOut(item['value'])
        const isText = typeof item['value'] === 'string'
        return value === null ? [] : [{ id, value, isText, rationale: rationaleOf(item) }]
      }),
    turns: turnsOf(data)
  }
}

function rationaleOf (item: Fields): string | null {
  return textOf(item, 'rationale', READ_AHEAD * MAX_RATIONALE_CHARS)
}

/** Twilio and SIP each have their own form for a call that could not start. */
function initiationFailure (data: Fields, eventSeconds: number | null): PostCallEvent {
  const body = fieldsOf(fieldsOf(data, 'metadata'), 'body')
  const twilioDirection = textOf(body, 'Direction')
  return {
    agentId: textOf(data, 'agent_id'),
    conversationId: textOf(data, 'conversation_id', READ_ID_CHARS),
    callSid: textOf(body, 'CallSid', READ_ID_CHARS) ?? textOf(body, 'call_sid', READ_ID_CHARS),
    // SIP does not say, but nearly all of these calls are outbound.
    direction: twilioDirection?.startsWith('inbound') === true ? 'inbound' : 'outbound',
    callerNumber: textOf(body, 'From') ?? textOf(body, 'from_number'),
    calledNumber: textOf(body, 'To') ?? textOf(body, 'to_number'),
    hasNumbersFromVariables: false,
    agentNumber: null,
    startedAtSeconds: eventSeconds,
    durationSecs: 0,
    status: 'failed',
    failureReason: textOf(data, 'failure_reason', READ_AHEAD * MAX_REASON_CHARS),
    title: null,
    summary: null,
    outcome: null,
    evaluation: [],
    collected: [],
    turns: []
  }
}

/** The turns in ElevenLabs' transcript of a conversation. */
export function turnsOf (conversation: Fields): SpokenTurn[] {
  const transcript = conversation['transcript']
  if (!Array.isArray(transcript)) return []
  return transcript.filter(isFields).slice(0, MAX_TURNS).flatMap((turn) => {
    const role = turn['role']
    const text = textOf(turn, 'message', READ_AHEAD * MAX_TURN_CHARS)
    // A caller's "mhm" while the agent speaks does not answer anything.
    const isSpoken = (role === 'user' || role === 'agent') && turn['ignored_as_backchannel'] !== true
    return isSpoken && text !== null ? [{ role, text }] : []
  })
}

/** The turns as they may be stored and sent to a model: masked, cut and numbered from 1. */
export function maskedTurns (spoken: SpokenTurn[], mask: (text: string) => string): Turn[] {
  const turns: Turn[] = []
  // Backwards from the end, because masking turns that are not kept takes up to a second for a long call.
  for (let number = spoken.length, chars = 0; number > 0; number--) {
    const { role, text } = spoken[number - 1]!
    const turn = { number, role, text: cutText(mask(text), MAX_TURN_CHARS) }
    // A mask may be shorter than the number, so the longer text counts: that bounds the work, too.
    chars += Math.max(turn.text.length, Math.min(text.length, MAX_TURN_CHARS))
    if (chars > MAX_SPOKEN_CHARS) break
    turns.unshift(turn)
  }
  return turns
}

/** Items with their ids, from a map, or from a list in newer events. */
function itemsOf (from: Fields, name: string, idName: string): Array<[string, Fields]> {
  const list = from[`${name}_list`]
  const map = Object.entries(fieldsOf(from, name)).filter((entry): entry is [string, Fields] => isFields(entry[1]))
  const listed = (Array.isArray(list) ? list : []).filter(isFields).flatMap((item): Array<[string, Fields]> => {
    const id = textOf(item, idName)
    return id === null ? [] : [[id, item]]
  })
  return (map.length > 0 ? map : listed).map(([id, item]) => [id.toWellFormed().slice(0, MAX_ID_CHARS), item])
}

/** A collected value as text; null if there is none. */
function spelledOut (value: unknown): string | null {
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : null
  if (typeof value === 'string') return textOf({ value }, 'value', READ_AHEAD * MAX_RATIONALE_CHARS)
  if (!Array.isArray(value)) return null
  const parts = value.map((part) => Array.isArray(part) ? null : spelledOut(part)).filter((part) => part !== null)
  return parts.length === 0 ? null : parts.join(', ').slice(0, READ_AHEAD * MAX_RATIONALE_CHARS)
}
