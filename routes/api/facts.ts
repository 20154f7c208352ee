import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AdminErrors, ConflictError, NotFoundError } from '../../schemas/error.ts'
import {
  FactResponseSchema, FactCountSchema, FactHistorySchema, FactParamsSchema, FactPatchSchema
} from '../../schemas/memory.ts'

const factRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.patch('/memory/:phone_hash/facts/:fact_id', {
    schema: {
      summary: 'Correct or pin a fact',
      tags: ['memory'],
      params: FactParamsSchema,
      body: FactPatchSchema,
      response: { 200: FactResponseSchema, ...AdminErrors, ...NotFoundError, ...ConflictError }
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
      description: 'Also deletes the facts that it superseded, so that no deleted text stays in a history.',
      tags: ['memory'],
      params: FactParamsSchema,
      response: { 200: FactCountSchema, ...AdminErrors, ...NotFoundError }
    }
  }, async ({ params }) => ({
    status: 'ok' as const,
    phone_hash: params.phone_hash,
    total_facts: await fastify.memory.removeFact(params.phone_hash, params.fact_id)
  }))

  fastify.get('/memory/:phone_hash/facts/:fact_id/history', {
    schema: {
      summary: 'Show what a fact was before, and what became of it',
      tags: ['memory'],
      params: FactParamsSchema,
      response: { 200: FactHistorySchema, ...AdminErrors, ...NotFoundError }
    }
  }, async ({ params }) => ({ facts: await fastify.memory.factHistory(params.phone_hash, params.fact_id) }))

  fastify.post('/memory/:phone_hash/facts/:fact_id/approve', {
    schema: {
      summary: 'Approve a pending fact',
      description: 'The fact is told from now on. If it corrects another fact, it supersedes that fact.',
      tags: ['memory'],
      params: FactParamsSchema,
      response: { 200: FactResponseSchema, ...AdminErrors, ...NotFoundError, ...ConflictError }
    }
  }, async ({ params }) => (await fastify.memory.approveFact(params.phone_hash, params.fact_id)).fact)

  fastify.post('/memory/:phone_hash/facts/:fact_id/reject', {
    schema: {
      summary: 'Reject a pending fact',
      description: 'The fact is never told. It is kept so that it is not learnt again; DELETE removes it for good.',
      tags: ['memory'],
      params: FactParamsSchema,
      response: { 200: FactResponseSchema, ...AdminErrors, ...NotFoundError, ...ConflictError }
    }
  }, async ({ params }) => (await fastify.memory.rejectFact(params.phone_hash, params.fact_id)).fact)
}

export default factRoutes
