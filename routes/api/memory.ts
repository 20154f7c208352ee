import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AdminErrors, ConflictError, NotFoundError } from '../../schemas/error.ts'
import {
  CallParamsSchema, CallerResponseSchema, CallerParamsSchema, ErasureSchema, FactAddedSchema, NewFactSchema,
  ProfilePatchSchema, ToldResponseSchema
} from '../../schemas/memory.ts'
import { addFact } from '../../src/caller/facts.ts'
import { changeProfile, erase } from '../../src/caller/profile.ts'
import { toldInCall } from '../../src/caller/told.ts'
import { CallerUnknown } from '../../src/errors.ts'
import { changeContext, factFields } from '../../src/operator.ts'

const memoryRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  const { store } = fastify

  fastify.get('/memory/:phone_hash', {
    schema: {
      summary: 'Get everything known about a caller',
      description: 'The whole record as it is stored. Give it to a caller who asks what you keep about them.',
      tags: ['memory'],
      params: CallerParamsSchema,
      response: { 200: CallerResponseSchema, ...AdminErrors, ...NotFoundError }
    }
  }, async ({ params }, reply) => {
    const { record } = await store.load(params.phone_hash)
    if (record === null) throw new CallerUnknown()
    // Not serialized with the schema, which would drop fields that it does not name: an export has to be complete.
    return reply.type('application/json; charset=utf-8').serializer(JSON.stringify).send(record)
  })

  fastify.get('/memory/:phone_hash/calls/:call_id/told', {
    schema: {
      summary: 'Show what the agent was told at the start of a call',
      description: 'The words as they were then, most important first, although facts were corrected and notes have ' +
        'ended since. Of what you have deleted, only the id and the day are left.',
      tags: ['memory'],
      params: CallParamsSchema,
      response: { 200: ToldResponseSchema, ...AdminErrors, ...NotFoundError }
    }
  }, async ({ params }) => {
    const [caller, notes] = await Promise.all([store.load(params.phone_hash), store.loadDocument('notes')])
    const { call, items } = toldInCall(caller, params.call_id, notes)
    return {
      number: call.number,
      conversation_id: call.conversation_id,
      started_at: call.started_at,
      told: items.map(({ id, kind, text, deletedAt }) => ({
        id,
        kind,
        text: deletedAt === null ? text : `deleted on ${deletedAt.slice(0, 10)}`,
        deleted_at: deletedAt
      }))
    }
  })

  fastify.post('/memory/:phone_hash', {
    schema: {
      summary: 'Add a fact',
      description: 'A fact with the same text is not stored twice; its pinned and expires_at are updated. A caller ' +
        'who is not known yet gets a record.',
      tags: ['memory'],
      params: CallerParamsSchema,
      body: NewFactSchema,
      response: { 200: FactAddedSchema, ...AdminErrors, ...ConflictError }
    }
  }, async ({ params: { phone_hash: phoneHash }, body }) => {
    const context = { ...changeContext(fastify, phoneHash), factId: randomUUID() }
    const change = addFact(context, factFields(fastify, phoneHash, body))
    const { fact, totalFacts } = await store.update(phoneHash, change)
    return { status: 'ok' as const, phone_hash: phoneHash, total_facts: totalFacts, fact_id: fact.id }
  })

  fastify.patch('/memory/:phone_hash', {
    schema: {
      summary: 'Change name, language or opt-out, or settle wishes to be forgotten',
      description: '`remember: false` opts the caller out: everything is erased, and nothing is stored until ' +
        '`remember: true` ends it.',
      tags: ['memory'],
      params: CallerParamsSchema,
      body: ProfilePatchSchema,
      response: { 200: CallerResponseSchema, ...AdminErrors, ...ConflictError }
    }
  }, async ({ params: { phone_hash: phoneHash }, body }) =>
    await store.update(phoneHash, changeProfile(changeContext(fastify, phoneHash), body)))

  fastify.delete('/memory/:phone_hash', {
    schema: {
      summary: 'Erase a caller',
      description: 'The response is a receipt. An erasure mark (phone hash and time) stays, so that a late call end ' +
        'brings nothing back. An opt-out stays, too.',
      tags: ['memory'],
      params: CallerParamsSchema,
      response: { 200: ErasureSchema, ...AdminErrors }
    }
  }, async ({ params }) => {
    const { erasedAt, ...removed } = await store.update(params.phone_hash, erase(fastify.now().toISOString()))
    return {
      status: 'ok' as const, phone_hash: params.phone_hash, erased_at: erasedAt, storage: store.driver, removed
    }
  })
}

export default memoryRoutes
