/** ElevenLabs asks while the phone rings. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { WebhookErrors } from '../../schemas/error.ts'
import { CallStartResponseSchema, PersonalizeBodySchema, WebhookSecretHeaderSchema } from '../../schemas/personalize.ts'

const personalizeRoute: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.post('/personalize', {
    config: { webhook: { acceptsHeader: true, maxBytes: 64 * 1024, maxAudioBytes: null } },
    schema: {
      summary: 'Who is calling, and what the agent should know',
      description: 'ElevenLabs\' conversation initiation webhook. A genuine request always gets a complete 200 answer within the deadline.',
      tags: ['webhook'],
      headers: WebhookSecretHeaderSchema,
      body: PersonalizeBodySchema,
      response: { 200: CallStartResponseSchema, ...WebhookErrors }
    }
  }, async (request, reply) => {
    const { response: answer, outcome, caller, callSid } = await fastify.calls.start(request.body)
    request.log.info({ caller, call_sid: callSid, outcome, ms: Math.round(reply.elapsedTime) }, 'call start')
    return answer
  })
}

export default personalizeRoute
