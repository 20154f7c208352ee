/** The last sweep of what is not to be kept, and the word that lets a stopped one go on. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AdminErrors } from '../../schemas/error.ts'
import { SweepRequestSchema, SweepReviewSchema } from '../../schemas/sweep.ts'

const sweepRoute: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.post('/sweep', {
    schema: {
      summary: 'Show the last sweep, or let a stopped one go on',
      description: 'A sweep counts before it erases, and stops when it would erase more than RETENTION_MAX_SHARE ' +
        'allows, or when the clock was set. `confirm: true` lets exactly this one go on, with the numbers that are shown. ' +
        'When none is stopped it changes nothing.',
      tags: ['sweep'],
      body: SweepRequestSchema,
      response: { 200: SweepReviewSchema, ...AdminErrors }
    }
  }, async ({ body }) => ({ status: 'ok' as const, ...await fastify.reviewSweep(body.confirm) }))
}

export default sweepRoute
