/** Sealing everything that is stored with the current key. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AdminErrors, ConflictError } from '../../schemas/error.ts'
import { SealedPageSchema, SealSchema } from '../../schemas/seal.ts'

const sealRoute: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.post('/seal', {
    schema: {
      summary: 'Seal a page of stored data',
      description: 'With the first key of DATA_ENCRYPTION_KEY. Begin with `after: null` and go on until `next` is null; beginning anew does no harm. When all could be read, the older keys are not needed any more.',
      tags: ['seal'],
      body: SealSchema,
      response: { 200: SealedPageSchema, ...AdminErrors, ...ConflictError }
    }
  }, async ({ body }) => ({ status: 'ok' as const, ...await fastify.sealPage(body.after) }))
}

export default sealRoute
