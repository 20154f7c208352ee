/** Finding callers: page by page, or by number. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AdminErrors } from '../../schemas/error.ts'
import { CallerPageQuerySchema, CallerPageSchema, LookupResponseSchema, LookupSchema } from '../../schemas/memory.ts'
import { PhoneUnreadable } from '../../src/errors.ts'

const callerRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.get('/callers', {
    schema: {
      summary: 'Page through callers',
      tags: ['callers'],
      querystring: CallerPageQuerySchema,
      response: { 200: CallerPageSchema, ...AdminErrors }
    }
  }, async ({ query }) => await fastify.memory.list(query.after ?? null, query.limit))

  fastify.post('/callers/lookup', {
    schema: {
      summary: 'Find the key of a phone number',
      description: 'The number goes in the body, because URLs end up in logs. It is not stored. A record from before PHONE_HASH_KEY is moved to its keyed hash.',
      tags: ['callers'],
      body: LookupSchema,
      response: { 200: LookupResponseSchema, ...AdminErrors }
    }
  }, async ({ body }) => {
    const found = await fastify.memory.lookup(body.phone)
    if ('kind' in found) throw new PhoneUnreadable(found.kind)
    return { phone_hash: found.phoneHash, known: found.isKnown, own_number: found.isOwn }
  })
}

export default callerRoutes
