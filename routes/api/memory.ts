/** What is known about one caller: read, add to, correct, erase. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AdminErrors, ConflictError, NotFoundError } from '../../schemas/error.ts'
import { CallerResponseSchema, CallerParamsSchema, ErasureSchema, FactAddedSchema, NewFactSchema, ProfilePatchSchema } from '../../schemas/memory.ts'
import { CallerUnknown } from '../../src/errors.ts'

const memoryRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.get('/memory/:phone_hash', {
    schema: {
      summary: 'Read everything known about a caller',
      description: 'The record as it is stored, whole: the export to hand to whoever asks what is kept about them.',
      tags: ['memory'],
      params: CallerParamsSchema,
      response: { 200: CallerResponseSchema, ...AdminErrors, ...NotFoundError }
    }
  }, async ({ params }, reply) => {
    const record = await fastify.memory.read(params.phone_hash)
    if (record === null) throw new CallerUnknown()
    // An export leaves out nothing; writing by the schema would drop what it does not name.
    return reply.type('application/json; charset=utf-8').serializer(JSON.stringify).send(record)
  })

  fastify.post('/memory/:phone_hash', {
    schema: {
      summary: 'Add a fact',
      description: 'An exact repeat of a fact is answered ok and stored once; what it says about pinned and expires_at counts. Somebody who never called gets a record.',
      tags: ['memory'],
      params: CallerParamsSchema,
      body: NewFactSchema,
      response: { 200: FactAddedSchema, ...AdminErrors, ...ConflictError }
    }
  }, async ({ params, body }) => {
    const { fact, totalFacts } = await fastify.memory.addFact(params.phone_hash, {
      text: body.fact,
      pinned: body.pinned,
      expiresAt: body.expires_at
    })
    return { status: 'ok' as const, phone_hash: params.phone_hash, total_facts: totalFacts, fact_id: fact.id }
  })

  fastify.patch('/memory/:phone_hash', {
    schema: {
      summary: 'Change name, language or opt-out',
      description: '`remember: false` erases everything and keeps it that way; only `remember: true` ends it.',
      tags: ['memory'],
      params: CallerParamsSchema,
      body: ProfilePatchSchema,
      response: { 200: CallerResponseSchema, ...AdminErrors, ...ConflictError }
    }
  }, async ({ params, body }) => await fastify.memory.changeProfile(params.phone_hash, {
    callerName: body.caller_name,
    language: body.language,
    remember: body.remember
  }))

  fastify.delete('/memory/:phone_hash', {
    schema: {
      summary: 'Erase a caller',
      description: 'Answers with a receipt. Leaves a mark (phone hash and time) so that a late post-call brings nothing back. An opt-out stays.',
      tags: ['memory'],
      params: CallerParamsSchema,
      response: { 200: ErasureSchema, ...AdminErrors }
    }
  }, async ({ params }) => {
    const { erasedAt, storage, ...removed } = await fastify.memory.erase(params.phone_hash)
    return { status: 'ok' as const, phone_hash: params.phone_hash, erased_at: erasedAt, storage, removed }
  })
}

export default memoryRoutes
