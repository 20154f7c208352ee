import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AdminErrors, ConflictError, NotFoundError } from '../../schemas/error.ts'
import {
  FactResponseSchema, FactCountSchema, FactHistorySchema, FactParamsSchema, FactPatchSchema
} from '../../schemas/memory.ts'
import { approveFact, factHistory, rejectFact } from '../../src/caller/fact-review.ts'
import { correctFact, removeFact } from '../../src/caller/facts.ts'
import { factFields } from '../../src/operator.ts'

const factRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  const { store } = fastify
  const now = () => fastify.now().toISOString()

  fastify.patch('/memory/:phone_hash/facts/:fact_id', {
    schema: {
      summary: 'Correct or pin a fact',
      description: 'Another text makes a new fact with a new id, which supersedes this one and keeps its pin; the ' +
        'response is the new fact. So an id always means the same words. A fact that was superseded is history: 409.',
      tags: ['memory'],
      params: FactParamsSchema,
      body: FactPatchSchema,
      response: { 200: FactResponseSchema, ...AdminErrors, ...NotFoundError, ...ConflictError }
    }
  }, async ({ params, body }) => {
    const fields = factFields(fastify, params.phone_hash, body)
    const change = correctFact(params.fact_id, fields, { newId: randomUUID(), now: now() })
    return (await store.update(params.phone_hash, change)).fact
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
    total_facts: await store.update(params.phone_hash, removeFact(params.fact_id, now()))
  }))

  fastify.get('/memory/:phone_hash/facts/:fact_id/history', {
    schema: {
      summary: 'Show what a fact was before, and what became of it',
      tags: ['memory'],
      params: FactParamsSchema,
      response: { 200: FactHistorySchema, ...AdminErrors, ...NotFoundError }
    }
  }, async ({ params }) => ({ facts: factHistory(await store.load(params.phone_hash), params.fact_id) }))

  fastify.post('/memory/:phone_hash/facts/:fact_id/approve', {
    schema: {
      summary: 'Approve a pending fact',
      description: 'The fact is told from now on. If it corrects another fact, it supersedes that fact.',
      tags: ['memory'],
      params: FactParamsSchema,
      response: { 200: FactResponseSchema, ...AdminErrors, ...NotFoundError, ...ConflictError }
    }
  }, async ({ params }) =>
    (await store.update(params.phone_hash, approveFact(params.fact_id, now()))).fact)

  fastify.post('/memory/:phone_hash/facts/:fact_id/reject', {
    schema: {
      summary: 'Reject a pending fact',
      description: 'The fact is never told. It is kept so that it is not learnt again; DELETE removes it for good.',
      tags: ['memory'],
      params: FactParamsSchema,
      response: { 200: FactResponseSchema, ...AdminErrors, ...NotFoundError, ...ConflictError }
    }
  }, async ({ params }) =>
    (await store.update(params.phone_hash, rejectFact(params.fact_id, now()))).fact)
}

export default factRoutes
