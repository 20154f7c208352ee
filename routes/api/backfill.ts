import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { BackfilledPageSchema, BackfillSchema } from '../../schemas/backfill.ts'
import { AdminErrors, ElevenLabsError } from '../../schemas/error.ts'

const backfillRoute: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.post('/backfill', {
    schema: {
      summary: 'Fetch a page of missed calls',
      description: 'Fetches calls whose call end was missed from ElevenLabs, and handles each as if its webhook came ' +
        'now. Send a time as `since` first: an unfinished run younger than a day is resumed if it reaches back that ' +
        'far. Then send `since: null` until `next` is null. You can repeat it safely.',
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
