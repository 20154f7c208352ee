import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { DEFAULT_PAGE_LIMIT } from '../../schemas/common.ts'
import { AdminErrors, NotFoundError } from '../../schemas/error.ts'
import { JobResponseSchema, JobPageQuerySchema, JobPageSchema, JobParamsSchema } from '../../schemas/job.ts'

const jobRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.get('/jobs', {
    schema: {
      summary: 'List calls that are still to be learnt from',
      description: 'Waiting jobs are tried again by themselves. Failed jobs (`state=failed`) have used up their tries.',
      tags: ['calls'],
      querystring: JobPageQuerySchema,
      response: { 200: JobPageSchema, ...AdminErrors }
    }
  }, async ({ query: { state, after, limit } }) =>
    await fastify.learning.listJobs(state ?? null, after ?? null, limit ?? DEFAULT_PAGE_LIMIT))

  fastify.post('/jobs/:job_id/retry', {
    schema: {
      summary: 'Try a job again',
      description: 'Tries a failed or waiting job at once, and then with the usual pauses. If the bridge no longer ' +
        'has what was said, it fetches it from ElevenLabs.',
      tags: ['calls'],
      params: JobParamsSchema,
      response: { 200: JobResponseSchema, ...AdminErrors, ...NotFoundError }
    }
  }, async ({ params }) => await fastify.learning.retryJob(params.job_id))
}

export default jobRoutes
