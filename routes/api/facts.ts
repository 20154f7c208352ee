/** One fact of a caller. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AdminErrors, ConflictError, NotFoundError } from '../../schemas/error.ts'
import { FactAnswerSchema, FactCountSchema, FactParamsSchema, FactPatchSchema } from '../../schemas/memory.ts'

const factRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.patch('/memory/:phone_hash/facts/:fact_id', {
    schema: {
      summary: 'Correct or pin a fact',
      tags: ['memory'],
      params: FactParamsSchema,
      body: FactPatchSchema,
      response: { 200: FactAnswerSchema, ...AdminErrors, ...NotFoundError, ...ConflictError }
    }
  }, async ({ params, body }) => {
    const { fact } = await fastify.memory.correctFact(params.phone_hash, params.fact_id, {
      text: body.fact,
      pinned: body.pinned,
      expiresAt: body.expires_at
    })
    return fact
  })

  fastify.delete('/memory/:phone_hash/facts/:fact_id', {
    schema: {
      summary: 'Delete a fact',
      tags: ['memory'],
      params: FactParamsSchema,
      response: { 200: FactCountSchema, ...AdminErrors, ...NotFoundError }
    }
  }, async ({ params }) => ({
    status: 'ok' as const,
    phone_hash: params.phone_hash,
    total_facts: await fastify.memory.removeFact(params.phone_hash, params.fact_id)
  }))
}

export default factRoutes
