import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { WebhookErrors } from '../../schemas/error.ts'
import { CallStartResponseSchema, PersonalizeBodySchema, WebhookSecretHeaderSchema } from '../../schemas/personalize.ts'
import { startCall } from '../../src/calls/call-start.ts'

const personalizeRoute: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.post('/personalize', {
    config: { webhook: { acceptsHeader: true, maxBytes: 64 * 1024, maxAudioBytes: null } },
    schema: {
      summary: 'Call start: ElevenLabs asks who is calling',
      description: 'ElevenLabs\' conversation initiation webhook. A request with a valid secret always gets a ' +
        'complete 200 response within PERSONALIZE_TIMEOUT_MS.',
      tags: ['webhook'],
      headers: WebhookSecretHeaderSchema,
      body: PersonalizeBodySchema,
      response: { 200: CallStartResponseSchema, ...WebhookErrors }
    }
  }, async (request, reply) => {
    const call = await startCall(fastify, request.body)
    const { response, json, outcome, caller, callSid } = call
    fastify.callWatch.started(request.body, call)
    request.log.info({ caller, call_sid: callSid, outcome, ms: Math.round(reply.elapsedTime) }, 'call start')
    // It has been written as JSON already, to see how long it is.
    void reply.type('application/json; charset=utf-8').serializer(() => json)
    return response
  })
}

export default personalizeRoute
