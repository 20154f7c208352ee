/** Calls that are still to be learnt from. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AdminErrors, NotFoundError } from '../../schemas/error.ts'
import { JobResponseSchema, JobPageQuerySchema, JobPageSchema, JobParamsSchema } from '../../schemas/job.ts'

const jobRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.get('/jobs', {
    schema: {
      summary: 'List calls that are still to be learnt from',
      description: 'Those that wait for the model, and with `state=failed` those that it has failed on to the last.',
      tags: ['calls'],
      querystring: JobPageQuerySchema,
      response: { 200: JobPageSchema, ...AdminErrors }
    }
  }, async ({ query }) => await fastify.learning.jobs.page(query.state ?? null, query.after ?? null, query.limit))

  fastify.post('/jobs/:job_id/retry', {
    schema: {
      summary: 'Try a job again',
      description: 'One that has failed, or that waits for a later try: at once, and then with the usual pauses. What was said is fetched from ElevenLabs when it is not here any more.',
      tags: ['calls'],
      params: JobParamsSchema,
      response: { 200: JobResponseSchema, ...AdminErrors, ...NotFoundError }
    }
  }, async ({ params }) => await fastify.learning.jobs.retry(params.job_id))
}

export default jobRoutes
