import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ToolErrors } from '../../schemas/error.ts'
import { MAX_TOOL_BODY_BYTES, ForgetBodySchema, ToolHeadersSchema, ToolResultSchema } from '../../schemas/tools.ts'

const forgetRoute: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.post('/forget', {
    bodyLimit: MAX_TOOL_BODY_BYTES,
    schema: {
      summary: 'Delete a fact about the caller, or everything',
      description: 'Asks back if several facts may be meant. Everything takes a second request with `confirm`, and ' +
        'waits for you unless FORGET_BY_CALL is `erase`. Define it at ElevenLabs with:\n\n' +
        fastify.tools.toPaste('forget'),
      tags: ['tools'],
      headers: ToolHeadersSchema,
      body: ForgetBodySchema,
      response: { 200: ToolResultSchema, ...ToolErrors }
    }
  }, async ({ callerToken, body }) => {
    const { result } = await fastify.tools.forget(callerToken, body.what, body.confirm === true)
    return { result }
  })
}

export default forgetRoute
