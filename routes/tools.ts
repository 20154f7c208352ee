import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ToolErrors } from '../schemas/error.ts'
import {
  CorrectBodySchema, ForgetBodySchema, MAX_TOOL_BODY_BYTES, RecallBodySchema, RememberBodySchema, ToolHeadersSchema,
  ToolResultSchema
} from '../schemas/tools.ts'

const toolRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  const { tools } = fastify
  const bodyLimit = MAX_TOOL_BODY_BYTES
  const common = { tags: ['tools'], headers: ToolHeadersSchema, response: { 200: ToolResultSchema, ...ToolErrors } }

  fastify.post('/recall', {
    bodyLimit,
    schema: {
      summary: 'Look up what is known about the caller',
      description: 'The best of what is on record, at most 1,500 bytes. Define it at ElevenLabs with:\n\n' +
        tools.toPaste('recall'),
      body: RecallBodySchema,
      ...common
    }
  }, async ({ callerToken, body }) => {
    const { result } = await tools.recall(callerToken, body.query)
    return { result }
  })

  fastify.post('/remember', {
    bodyLimit,
    schema: {
      summary: 'Keep a fact about the caller',
      description: 'It is on disk before the response. Define it at ElevenLabs with:\n\n' + tools.toPaste('remember'),
      body: RememberBodySchema,
      ...common
    }
  }, async ({ callerToken, body }) => {
    const { result } = await tools.remember(callerToken, body.fact)
    return { result }
  })

  fastify.post('/correct', {
    bodyLimit,
    schema: {
      summary: 'Replace a fact about the caller',
      description: 'Asks back if several facts may be meant. Your own and pinned facts wait for your approval. ' +
        'Define it at ElevenLabs with:\n\n' + tools.toPaste('correct'),
      body: CorrectBodySchema,
      ...common
    }
  }, async ({ callerToken, body }) => {
    const { result } = await tools.correct(callerToken, body.what, body.fact)
    return { result }
  })

  fastify.post('/forget', {
    bodyLimit,
    schema: {
      summary: 'Delete a fact about the caller, or everything',
      description: 'Asks back if several facts may be meant. Everything takes a second request with `confirm`, and ' +
        'waits for you unless FORGET_BY_CALL is `erase`. Define it at ElevenLabs with:\n\n' + tools.toPaste('forget'),
      body: ForgetBodySchema,
      ...common
    }
  }, async ({ callerToken, body }) => {
    const { result } = await tools.forget(callerToken, body.what, body.confirm === true)
    return { result }
  })
}

export default toolRoutes
