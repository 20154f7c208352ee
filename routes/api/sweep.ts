import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AdminErrors } from '../../schemas/error.ts'
import { SweepRequestSchema, SweepReviewSchema } from '../../schemas/sweep.ts'

const sweepRoute: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.post('/sweep', {
    schema: {
      summary: 'Show the last sweep of old data, or let a stopped one continue',
      description: 'A sweep counts before it erases. It stops if it would erase more than RETENTION_MAX_SHARE ' +
        'allows, or if the clock was set while the bridge was running. `confirm: true` lets this one sweep continue, ' +
        'with the numbers shown. If no sweep is stopped, nothing changes.',
      tags: ['sweep'],
      body: SweepRequestSchema,
      response: { 200: SweepReviewSchema, ...AdminErrors }
    }
  }, async ({ body }) => ({ status: 'ok' as const, ...await fastify.reviewSweep(body.confirm) }))
}

export default sweepRoute
