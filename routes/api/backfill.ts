/** Fetching calls whose post-call webhook was missed. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { BackfilledPageSchema, BackfillSchema } from '../../schemas/backfill.ts'
import { AdminErrors, ElevenLabsError } from '../../schemas/error.ts'

const backfillRoute: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.post('/backfill', {
    schema: {
      summary: 'Fetch a page of missed calls',
      description: 'From ElevenLabs, as if their post-call webhooks came now. Begin with `since`, which goes on with a run that was broken off; then ask with `since: null` until `next` is null. Doing it again does no harm.',
      tags: ['calls'],
      body: BackfillSchema,
      response: { 200: BackfilledPageSchema, ...AdminErrors, ...ElevenLabsError }
    }
  }, async ({ body }) => {
    const { counts, ...step } = await fastify.backfill(body.since)
    return { status: 'ok' as const, ...counts, ...step }
  })
}

export default backfillRoute
