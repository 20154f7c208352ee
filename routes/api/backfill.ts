import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { BackfilledPageSchema, BackfillSchema } from '../../schemas/backfill.ts'
import { AdminErrors, ElevenLabsError } from '../../schemas/error.ts'

const backfillRoute: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.post('/backfill', {
    schema: {
      summary: 'Fetch a page of missed calls',
      description: 'Fetches calls from ElevenLabs whose call end was missed, and handles each as if its webhook came ' +
        'now. First send a time as `since`. An unfinished run is resumed if it has the same `since`, or if it has an ' +
        'earlier one and is less than a day old. Then send `since: null` until `next` is null. Repeating it is safe.',
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
