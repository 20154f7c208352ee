import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { BackfilledPageSchema, BackfillSchema } from '../../schemas/backfill.ts'
import { AdminErrors, ElevenLabsError } from '../../schemas/error.ts'
import { RequestInvalid } from '../../src/errors.ts'
import { timeFrom } from '../../src/operator.ts'

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
    return { status: 'ok' as const, ...await fastify.backfill(body.since === null ? null : secondsOf(body.since)) }
  })
}

/** The format allows leap seconds, and times before 1970. */
function secondsOf (since: string | number): number {
  const seconds = Math.floor(Date.parse(timeFrom(since) ?? '') / 1000)
  if (seconds >= 0) return seconds
  throw new RequestInvalid(
    'body/since is not a time that exists: send ISO 8601 with a time zone, such as 2026-11-15T00:00:00Z, ' +
    'or Unix seconds')
}

export default backfillRoute
