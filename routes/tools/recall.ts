import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ToolErrors } from '../../schemas/error.ts'
import { MAX_TOOL_BODY_BYTES, RecallBodySchema, ToolHeadersSchema, ToolResultSchema } from '../../schemas/tools.ts'

const recallRoute: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.post('/recall', {
    bodyLimit: MAX_TOOL_BODY_BYTES,
    schema: {
      summary: 'Look up what is known about the caller',
      description: 'The best of what is on record, at most 1,500 bytes. Define it at ElevenLabs with:\n\n' +
        fastify.tools.toPaste('recall'),
      tags: ['tools'],
      headers: ToolHeadersSchema,
      body: RecallBodySchema,
      response: { 200: ToolResultSchema, ...ToolErrors }
    }
  }, async ({ callerToken, body }) => {
    const { result } = await fastify.tools.recall(callerToken, body.query)
    return { result }
  })
}

export default recallRoute
