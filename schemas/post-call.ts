import { Type } from '@sinclair/typebox'
import { Documented, Tolerated } from './common.ts'

export const SignatureHeaderSchema = Type.Object({
  'elevenlabs-signature': Type.Optional(Type.String({
    description: 't=<Unix seconds>,v0=<HMAC-SHA-256 of t, a dot and the raw body, in hex>'
  }))
})

export const PostCallBodySchema = Documented({
  type: Tolerated('The bridge reads post_call_transcription and call_initiation_failure, and acknowledges all others'),
  event_timestamp: Tolerated('Unix seconds'),
  data: Tolerated('The conversation, as ElevenLabs\' GET /v1/convai/conversations/{id} returns it')
}, 'What ElevenLabs sends after a call. Unknown fields are ignored.', {
  type: 'post_call_transcription',
  event_timestamp: 1795340000,
  data: {
    agent_id: 'agent_0001',
    conversation_id: 'conv_0001',
    status: 'done',
    metadata: {
      start_time_unix_secs: 1795339900,
      call_duration_secs: 42,
      phone_call: {
        type: 'twilio',
        direction: 'inbound',
        agent_number: '+15550100001',
        external_number: '+15550100123',
        call_sid: 'CA01'
      }
    },
    analysis: {
      transcript_summary: 'Caller changed a delivery preference.',
      call_summary_title: 'Delivery preference'
    }
  }
})

export const PostCallResponseSchema = Documented({
  status: Type.Literal('ok'),
  outcome: Type.String({
    description: 'closed, added, repeated, erased, opted-out, no-number, no-ring (only the conversation\'s variables ' +
      'name the number, and no call start of the conversation had it), foreign-agent or ignored'
  })
}, 'Acknowledged: everything to be stored is on disk', { status: 'ok', outcome: 'closed' })
