import type { FastifyPluginAsyncTypebox, TSchema } from '@fastify/type-provider-typebox'
import { ToolErrors } from '../schemas/error.ts'
import {
  CorrectBodySchema, ForgetBodySchema, MAX_TOOL_BODY_BYTES, RecallBodySchema, RememberBodySchema, ToolHeadersSchema,
  ToolResultSchema
} from '../schemas/tools.ts'

const toolRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  const { tools } = fastify
  type ToolName = Parameters<typeof tools.toPaste>[0]
  const optionsOf = <Body extends TSchema>(tool: ToolName, body: Body, summary: string, description: string) => ({
    bodyLimit: MAX_TOOL_BODY_BYTES,
    schema: {
      summary,
      description: `${description} Define it at ElevenLabs with:\n\n${tools.toPaste(tool)}`,
      tags: ['tools'],
      headers: ToolHeadersSchema,
      body,
      response: { 200: ToolResultSchema, ...ToolErrors }
    }
  })

  fastify.post('/recall', optionsOf('recall', RecallBodySchema, 'Look up what is known about the caller',
    'The best of what is on record, at most 1,500 bytes.'
  ), async ({ callerToken, body }) => {
    const { result } = await tools.recall(callerToken, body.query)
    return { result }
  })

  fastify.post('/remember', optionsOf('remember', RememberBodySchema, 'Keep a fact about the caller',
    'It is on disk before the response.'
  ), async ({ callerToken, body }) => {
    const { result } = await tools.remember(callerToken, body.fact)
    return { result }
  })

  fastify.post('/correct', optionsOf('correct', CorrectBodySchema, 'Replace a fact about the caller',
    'Asks back if several facts may be meant. Your own and pinned facts wait for your approval.'
  ), async ({ callerToken, body }) => {
    const { result } = await tools.correct(callerToken, body.what, body.fact)
    return { result }
  })

  fastify.post('/forget', optionsOf('forget', ForgetBodySchema, 'Delete a fact about the caller, or everything',
    'Asks back if several facts may be meant. Everything takes a second request with `confirm`, and waits for you ' +
    'unless FORGET_BY_CALL is `erase`.'
  ), async ({ callerToken, body }) => {
    const { result } = await tools.forget(callerToken, body.what, body.confirm === true)
    return { result }
  })
}

export default toolRoutes
