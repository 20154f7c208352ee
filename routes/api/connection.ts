import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ConnectionBodySchema, ConnectionResponseSchema, MAX_CONNECTION_BYTES } from '../../schemas/connection.ts'
import { AdminErrors } from '../../schemas/error.ts'

const connectionRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.get('/connection', {
    schema: {
      summary: 'Show what connect did at ElevenLabs',
      description: '`memory-bridge connect` keeps here what it made and what was there before, so that ' +
        '`memory-bridge disconnect` can undo it.',
      tags: ['connection'],
      response: { 200: ConnectionResponseSchema, ...AdminErrors }
    }
  }, async () => ({ status: 'ok' as const, ...await fastify.connection.load() }))

  fastify.put('/connection', {
    bodyLimit: MAX_CONNECTION_BYTES,
    schema: {
      summary: 'Replace what is kept about connect',
      description: 'For `memory-bridge connect` and `disconnect`. It changes nothing at ElevenLabs.',
      tags: ['connection'],
      body: ConnectionBodySchema,
      response: { 200: ConnectionResponseSchema, ...AdminErrors }
    }
  }, async ({ body }) => ({ status: 'ok' as const, ...await fastify.connection.save(body) }))
}

export default connectionRoutes
