import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AdminErrors } from '../../schemas/error.ts'
import { StatusSchema } from '../../schemas/status.ts'

const statusRoute: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.get('/status', {
    schema: {
      summary: 'What does the running bridge know about itself?',
      description: 'For monitoring. The bridge asks nobody for it. It responds 200 also while the storage cannot be ' +
        'used; what needs the storage is null then.',
      tags: ['health'],
      response: { 200: StatusSchema, ...AdminErrors }
    }
  }, async () => await fastify.status.read())
}

export default statusRoute
