import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { UnavailableError, WebhookErrors } from '../../schemas/error.ts'
import { PostCallResponseSchema, PostCallBodySchema, SignatureHeaderSchema } from '../../schemas/post-call.ts'

/** Loaded when the bridge is ready, because it compares words, and no call start does. */
async function loadEndCall () {
  const { endCall } = await import('../../src/calls/call-end.ts')
  return endCall
}

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
    const endCall = await loadEndCall()
    const call = await endCall(fastify, request.body, request.isSigned)
    const { outcome, caller, callSid } = call
    fastify.callWatch.ended(request.body, call)
    request.log.info({ caller, call_sid: callSid, outcome, ms: Math.round(reply.elapsedTime) }, 'call end')
    return { status: 'ok' as const, outcome }
  })
  // Whoever needs it meets the error.
  fastify.addHook('onReady', async () => { loadEndCall().catch(() => {}) })
}

export default postCallRoute
