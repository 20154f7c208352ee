/**
 * What the post-call webhook says, read tolerantly: only `agent_id` and `conversation_id` are counted upon.
 *
 * @see https://elevenlabs.io/docs/eleven-agents/workflows/post-call-webhooks
 */
import { fieldsOf, numberOf, textOf, type Fields } from './json-fields.ts'

/** A call that is over, or never came about. */
export interface PostCallEvent {
  type: 'post_call_transcription' | 'call_initiation_failure'
  agentId: string | null
  conversationId: string | null
  callSid: string | null
  /** Null where the event does not say. */
  direction: 'inbound' | 'outbound' | null
  /** The two numbers as received: who called and who was called. */
  callerNumber: string | null
  calledNumber: string | null
  /** Our own number, where the provider names it. */
  agentNumber: string | null
  /** Unix seconds; null where the event does not say. */
  startedAtSeconds: number | null
  durationSecs: number | null
  status: string
  failureReason: string | null
  title: string | null
  summary: string | null
}

/** The largest texts that are kept, in characters. */
export const MAX_REASON_CHARS = 200
export const MAX_STATUS_CHARS = 40
export const MAX_TITLE_CHARS = 200
export const MAX_SUMMARY_CHARS = 4000

/** Texts are read further than they are kept: cutting before the caller's number is masked could leave most of it. */
const READ_AHEAD = 2

/** The event, or null for one that is none of ours to read: audio, and types that are yet to come. */
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
  const direction = directionOf(textOf(phoneCall, 'direction'))
  const person = textOf(phoneCall, 'external_number')
  const ours = textOf(phoneCall, 'agent_number')
  const duration = numberOf(metadata, 'call_duration_secs')
  const sides = person === null
    ? { callerNumber: textOf(variables, 'system__caller_id'), calledNumber: textOf(variables, 'system__called_number') }
    : direction === 'outbound'
      ? { callerNumber: ours, calledNumber: person }
      : { callerNumber: person, calledNumber: ours }
  return {
    type: 'post_call_transcription',
    agentId: textOf(data, 'agent_id'),
    conversationId: textOf(data, 'conversation_id'),
    callSid: textOf(phoneCall, 'call_sid') ?? textOf(variables, 'system__call_sid'),
    direction: person === null ? direction : direction ?? 'inbound',
    ...sides,
    agentNumber: ours,
    startedAtSeconds: numberOf(metadata, 'start_time_unix_secs') ?? (eventSeconds === null ? null : eventSeconds - (duration ?? 0)),
    durationSecs: duration === null ? null : Math.max(0, Math.round(duration)),
    status: textOf(data, 'status', MAX_STATUS_CHARS) ?? 'done',
    failureReason: textOf(fieldsOf(metadata, 'error'), 'reason', READ_AHEAD * MAX_REASON_CHARS),
    title: textOf(analysis, 'call_summary_title', READ_AHEAD * MAX_TITLE_CHARS),
    summary: textOf(analysis, 'transcript_summary', READ_AHEAD * MAX_SUMMARY_CHARS)
  }
}

/** Twilio and SIP report a call that could not start in forms of their own. */
function initiationFailure (data: Fields, eventSeconds: number | null): PostCallEvent {
  const body = fieldsOf(fieldsOf(data, 'metadata'), 'body')
  const twilioDirection = textOf(body, 'Direction')
  return {
    type: 'call_initiation_failure',
    agentId: textOf(data, 'agent_id'),
    conversationId: textOf(data, 'conversation_id'),
    callSid: textOf(body, 'CallSid') ?? textOf(body, 'call_sid'),
    // SIP does not say; nearly all of these events are about outbound calls.
    direction: twilioDirection?.startsWith('inbound') === true ? 'inbound' : 'outbound',
    callerNumber: textOf(body, 'From') ?? textOf(body, 'from_number'),
    calledNumber: textOf(body, 'To') ?? textOf(body, 'to_number'),
    agentNumber: null,
    startedAtSeconds: eventSeconds,
    durationSecs: 0,
    status: 'failed',
    failureReason: textOf(data, 'failure_reason', READ_AHEAD * MAX_REASON_CHARS),
    title: null,
    summary: null
  }
}

function directionOf (text: string | null): PostCallEvent['direction'] {
  if (text === 'inbound' || text === 'outbound') return text
  return null
}
