/** What ElevenLabs sends to the bridge in a call: a call start, and a signed call end. For simulations and the demo. */
import { createHmac } from 'node:crypto'
import type { Fields } from '../json.ts'

export const AGENT_ID = 'agent_0001demo'
export const OWN_NUMBER = '+15550100001'

export interface PhoneCall {
  callerId: string
  conversationId: string
  callSid: string
  /** Default: the demo's agent */
  agentId?: string
  /** Null leaves it out, also of the call end, from which the bridge would learn it. Default: the demo's number */
  calledNumber?: string | null
}

export interface SpokenTurn {
  role: 'agent' | 'user'
  message: string
}

/** A tool that the agent called. */
export interface ToolTurn {
  tool: string
  body: Fields
  result: string
  isError: boolean
}

export interface Report {
  /** Unix time. Default: 42 seconds before the end */
  startedAtSeconds?: number
  turns: ReadonlyArray<SpokenTurn | ToolTurn>
  summary: string
  title: string
  /** Values from ElevenLabs' data collection, by identifier. */
  collected: Readonly<Record<string, string>>
  /** Whether the line broke off. */
  isBroken: boolean
}

export const DEMO_REPORT: Report = {
  turns: [
    { role: 'agent', message: 'Hello, you have reached the front desk. How can I help you?' },
    { role: 'user', message: 'Hi, this is Dana. Please leave my parcels with the neighbour from now on.' },
    { role: 'agent', message: 'With the neighbour, from now on. I have noted it, Dana.' }
  ],
  summary: 'The caller asked to leave parcels with the neighbour from now on.',
  title: 'Delivery preference',
  collected: {},
  isBroken: false
}

const SECONDS_PER_TURN = 6

export function ringBody (call: PhoneCall): object {
  const { callerId, conversationId, callSid, agentId = AGENT_ID, calledNumber = OWN_NUMBER } = call
  return {
    caller_id: callerId,
    called_number: calledNumber ?? '',
    agent_id: agentId,
    call_sid: callSid,
    conversation_id: conversationId
  }
}

/**
 * Has the fields of a Twilio call.
 *
 * @param atSeconds - Unix time of the end of the call
 * @see https://elevenlabs.io/docs/eleven-agents/workflows/post-call-webhooks
 */
export function postCallBody (call: PhoneCall, report: Partial<Report> = {}, atSeconds = nowSeconds()): string {
  const { callerId, conversationId, callSid, agentId = AGENT_ID, calledNumber = OWN_NUMBER } = call
  const { turns, summary, title, collected, isBroken, startedAtSeconds } =
    { startedAtSeconds: atSeconds - 42, ...DEMO_REPORT, ...report }
  return JSON.stringify({
    type: 'post_call_transcription',
    event_timestamp: atSeconds,
    data: {
      agent_id: agentId,
      agent_name: 'Front desk',
      conversation_id: conversationId,
      status: isBroken ? 'failed' : 'done',
      transcript: turns.map((turn, n) => 'tool' in turn
        ? toolTurn(turn, n * SECONDS_PER_TURN)
        : spokenTurn(turn, n * SECONDS_PER_TURN)),
      metadata: {
        start_time_unix_secs: startedAtSeconds,
        call_duration_secs: atSeconds - startedAtSeconds,
        cost: 298,
        phone_call: {
          type: 'twilio',
          direction: 'inbound',
          phone_number_id: 'phnum_0001',
          agent_number: calledNumber,
          external_number: callerId,
          stream_sid: 'MZ00000000000000000000000000000001',
          call_sid: callSid
        },
        termination_reason: 'Call ended by remote party',
        error: isBroken ? { code: 1006, reason: 'The connection to the caller was lost' } : null,
        main_language: 'en'
      },
      analysis: {
        evaluation_criteria_results: {},
        data_collection_results: Object.fromEntries(Object.entries(collected).map(([id, value]) =>
          [id, { data_collection_id: id, value, rationale: 'Said on the call.' }])),
        call_successful: isBroken ? 'failure' : 'success',
        transcript_summary: summary,
        call_summary_title: title
      },
      conversation_initiation_client_data: {
        dynamic_variables: {
          system__caller_id: callerId,
          ...(calledNumber === null ? {} : { system__called_number: calledNumber }),
          system__call_sid: callSid
        }
      }
    }
  })
}

/** The value of `ElevenLabs-Signature` for a body. */
export function signatureHeader (body: string, secret: string, atSeconds = nowSeconds()): string {
  return `t=${atSeconds},v0=${createHmac('sha256', secret).update(`${atSeconds}.${body}`).digest('hex')}`
}

/** Unix time. */
export function nowSeconds (): number {
  return Math.floor(Date.now() / 1000)
}

function spokenTurn ({ role, message }: SpokenTurn, seconds: number) {
  return { role, message, tool_calls: [], tool_results: [], time_in_call_secs: seconds, interrupted: false }
}

function toolTurn ({ tool, body, result, isError }: ToolTurn, seconds: number) {
  const call = { type: 'webhook', request_id: `${tool}_${seconds}`, tool_name: tool, tool_has_been_called: true }
  return {
    role: 'agent',
    message: null,
    tool_calls: [{ ...call, params_as_json: JSON.stringify(body) }],
    tool_results: [{ ...call, result_value: result, is_error: isError }],
    time_in_call_secs: seconds,
    interrupted: false
  }
}
