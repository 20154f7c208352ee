import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { UnavailableError, WebhookErrors } from '../../schemas/error.ts'
import { PostCallResponseSchema, PostCallBodySchema, SignatureHeaderSchema } from '../../schemas/post-call.ts'
import { endCall } from '../../src/calls/call-end.ts'

const postCallRoute: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.post('/post-call', {
    config: { webhook: { acceptsHeader: false, maxBytes: 25 * 1024 * 1024, maxAudioBytes: 200 * 1024 * 1024 } },
    schema: {
      summary: 'Call end: ElevenLabs reports a call',
      description: 'ElevenLabs\' signed post-call webhook. The response is 200 once the call is on disk. A repeated ' +
        'delivery changes nothing.',
      tags: ['webhook'],
      headers: SignatureHeaderSchema,
      body: PostCallBodySchema,
      response: { 200: PostCallResponseSchema, ...WebhookErrors, ...UnavailableError }
    }
  }, async (request, reply) => {
    const call = await endCall(fastify, request.body, request.isSigned)
    const { outcome, caller, callSid } = call
    fastify.callWatch.ended(request.body, call)
    request.log.info({ caller, call_sid: callSid, outcome, ms: Math.round(reply.elapsedTime) }, 'call end')
    return { status: 'ok' as const, outcome }
  })
}

export default postCallRoute
