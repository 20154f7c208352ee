import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { DEFAULT_PAGE_LIMIT } from '../../schemas/common.ts'
import { AdminErrors } from '../../schemas/error.ts'
import { CallerPageQuerySchema, CallerPageSchema, LookupResponseSchema, LookupSchema } from '../../schemas/memory.ts'
import { listCallers, lookUpCaller } from '../../src/operator.ts'

const callerRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.get('/callers', {
    schema: {
      summary: 'List callers, page by page',
      tags: ['callers'],
      querystring: CallerPageQuerySchema,
      response: { 200: CallerPageSchema, ...AdminErrors }
    }
  }, async ({ query }) => await listCallers(fastify, query.after ?? null, query.limit ?? DEFAULT_PAGE_LIMIT))

  fastify.post('/callers/lookup', {
    schema: {
      summary: 'Get the phone hash of a number',
      description: 'The number is in the body because URLs end up in logs. It is not stored. A record from before ' +
        'PHONE_HASH_KEY was set is moved to its new phone hash.',
      tags: ['callers'],
      body: LookupSchema,
      response: { 200: LookupResponseSchema, ...AdminErrors }
    }
  }, async ({ body }) => {
    const { phoneHash, isKnown, isOwn } = await lookUpCaller(fastify, body.phone)
    return { phone_hash: phoneHash, known: isKnown, own_number: isOwn }
  })
}

export default callerRoutes
