/** Probes: whether the process is up, and whether it can remember. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { UnavailableError } from '../schemas/error.ts'
import { HealthSchema, ReadySchema } from '../schemas/health.ts'

export interface HealthOptions {
  /** The clock. */
  now: () => Date
}

const healthRoutes: FastifyPluginAsyncTypebox<HealthOptions> = async (fastify, { now }) => {
  fastify.get('/health', {
    schema: {
      summary: 'Whether the process is up',
      tags: ['health'],
      response: { 200: HealthSchema }
    }
  }, async () => ({ status: 'ok' as const, timestamp: now().toISOString() }))

  fastify.get('/health/ready', {
    config: { isPublic: true },
    schema: {
      summary: 'Whether the storage can be used',
      description: 'Tries a write, and a look through each thread that reads. Answers 503 when that fails or takes longer than 2 seconds.',
      tags: ['health'],
      response: { 200: ReadySchema, ...UnavailableError }
    }
  }, async () => {
    await fastify.readiness.check()
    return {
      status: 'ok' as const,
      timestamp: now().toISOString(),
      warnings: await fastify.readiness.warnings(),
      unrecorded_calls: fastify.unrecordedCalls.count,
      closed_connections: fastify.closedConnections.count,
      circuits: fastify.learning.circuits()
    }
  })
}

export default healthRoutes
