import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ToolErrors } from '../../schemas/error.ts'
import { MAX_TOOL_BODY_BYTES, CorrectBodySchema, ToolHeadersSchema, ToolResultSchema } from '../../schemas/tools.ts'

const correctRoute: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.post('/correct', {
    bodyLimit: MAX_TOOL_BODY_BYTES,
    schema: {
      summary: 'Replace a fact about the caller',
      description: 'Asks back if several facts may be meant. Your own and pinned facts wait for your approval. ' +
        'Define it at ElevenLabs with:\n\n' +
        fastify.tools.toPaste('correct'),
      tags: ['tools'],
      headers: ToolHeadersSchema,
      body: CorrectBodySchema,
      response: { 200: ToolResultSchema, ...ToolErrors }
    }
  }, async ({ callerToken, body }) => {
    const { result } = await fastify.tools.correct(callerToken, body.what, body.fact)
    return { result }
  })
}

export default correctRoute
