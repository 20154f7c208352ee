import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { UnavailableError } from '../schemas/error.ts'
import { HealthSchema, ReadySchema } from '../schemas/health.ts'

const healthRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.get('/health', {
    schema: {
      summary: 'Is the process up?',
      tags: ['health'],
      response: { 200: HealthSchema }
    }
  }, async () => ({
    status: 'ok' as const,
    timestamp: fastify.now().toISOString(),
    bridge_id: fastify.connection.bridgeId()
  }))

  fastify.get('/health/ready', {
    config: { isPublic: true },
    schema: {
      summary: 'Can the storage be used?',
      description: 'Tries to write, and to read with each reading thread. The response is 503 if that fails or takes ' +
        'longer than 2 seconds.',
      tags: ['health'],
      response: { 200: ReadySchema, ...UnavailableError }
    }
  }, async () => {
    await fastify.status.check()
    return {
      status: 'ok' as const,
      timestamp: fastify.now().toISOString(),
      warnings: (await fastify.status.warnings()).map(({ message, remedy }) => `${message} ${remedy}`),
      unrecorded_calls: fastify.callWatch.facts().unrecorded,
      closed_connections: fastify.connections.closedCount,
      circuits: fastify.learning.circuits()
    }
  })
}

export default healthRoutes
