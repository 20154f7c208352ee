/** What ElevenLabs sends to the bridge, for the demo: a call start, and a signed call end. */
import { createHmac } from 'node:crypto'

export const AGENT_ID = 'agent_0001demo'
export const OWN_NUMBER = '+15550100001'

export interface DemoCall {
  callerId: string
  conversationId: string
  callSid: string
}

export function ringBody ({ callerId, conversationId, callSid }: DemoCall): object {
  return {
    caller_id: callerId,
    called_number: OWN_NUMBER,
    agent_id: AGENT_ID,
    call_sid: callSid,
    conversation_id: conversationId
  }
}

interface Script {
  broken: boolean
  title: string
  summary: string
  transcript: object[]
}

const PARCELS: Script = {
  broken: false,
  title: 'Delivery preference',
  summary: 'The caller asked to leave parcels with the neighbour from now on.',
  transcript: [
    turn('agent', 'Hello, you have reached the front desk. How can I help you?', 0),
    turn('user', 'Hi, this is Dana. Please leave my parcels with the neighbour from now on.', 4),
    turn('agent', 'With the neighbour, from now on. I have noted it, Dana.', 11)
  ]
}

/** The line is lost before the answer. */
export const CUT_OFF: Script = {
  broken: true,
  title: 'Time of a delivery',
  summary: 'The caller asked when the parcel comes today; the line broke off before the answer.',
  transcript: [
    turn('agent', 'Welcome back, Dana! How can I help you today?', 0),
    turn('user', 'When does my parcel come today?', 3),
    turn('agent', 'One moment, I will look it', 6)
  ]
}

/**
 * Has the fields of a Twilio call.
 *
 * @param nowSeconds - Unix time of the end of the call
 * @param collected - values from ElevenLabs' data collection, by identifier
 * @param script - what was said, and whether the line broke off
 * @see https://elevenlabs.io/docs/eleven-agents/workflows/post-call-webhooks
 */
export function postCallBody (
  call: DemoCall, nowSeconds: number, collected: Record<string, string> = {}, script: Script = PARCELS
): string {
  const { broken, title, summary, transcript } = script
  const seconds = 42
  return JSON.stringify({
    type: 'post_call_transcription',
    event_timestamp: nowSeconds,
    data: {
      agent_id: AGENT_ID,
      agent_name: 'Front desk',
      conversation_id: call.conversationId,
      status: broken ? 'failed' : 'done',
      transcript,
      metadata: {
        start_time_unix_secs: nowSeconds - seconds,
        call_duration_secs: seconds,
        cost: 298,
        phone_call: {
          type: 'twilio',
          direction: 'inbound',
          phone_number_id: 'phnum_0001',
          agent_number: OWN_NUMBER,
          external_number: call.callerId,
          stream_sid: 'MZ00000000000000000000000000000001',
          call_sid: call.callSid
        },
        termination_reason: 'Call ended by remote party',
        error: broken ? { code: 1006, reason: 'The connection to the caller was lost' } : null,
        main_language: 'en'
      },
      analysis: {
        evaluation_criteria_results: {},
        data_collection_results: Object.fromEntries(Object.entries(collected).map(([id, value]) =>
          [id, { data_collection_id: id, value, rationale: 'Said on the call.' }])),
        call_successful: broken ? 'failure' : 'success',
        transcript_summary: summary,
        call_summary_title: title
      },
      conversation_initiation_client_data: {
        dynamic_variables: {
          system__caller_id: call.callerId, system__called_number: OWN_NUMBER, system__call_sid: call.callSid
        }
      }
    }
  })
}

/** The value of `ElevenLabs-Signature` for a body. */
export function signatureHeader (body: string, secret: string, nowSeconds: number): string {
  return `t=${nowSeconds},v0=${createHmac('sha256', secret).update(`${nowSeconds}.${body}`).digest('hex')}`
}

function turn (role: 'agent' | 'user', message: string, seconds: number) {
  return { role, message, tool_calls: [], tool_results: [], time_in_call_secs: seconds, interrupted: false }
}
