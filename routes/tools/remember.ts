import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ToolErrors } from '../../schemas/error.ts'
import { MAX_TOOL_BODY_BYTES, RememberBodySchema, ToolHeadersSchema, ToolResultSchema } from '../../schemas/tools.ts'

const rememberRoute: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.post('/remember', {
    bodyLimit: MAX_TOOL_BODY_BYTES,
    schema: {
      summary: 'Keep a fact about the caller',
      description: 'It is on disk before the response. Define it at ElevenLabs with:\n\n' +
        fastify.tools.toPaste('remember'),
      tags: ['tools'],
      headers: ToolHeadersSchema,
      body: RememberBodySchema,
      response: { 200: ToolResultSchema, ...ToolErrors }
    }
  }, async ({ callerToken, body }) => {
    const { result } = await fastify.tools.remember(callerToken, body.fact)
    return { result }
  })
}

export default rememberRoute
