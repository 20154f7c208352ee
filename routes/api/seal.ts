import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AdminErrors, ConflictError } from '../../schemas/error.ts'
import { SealedPageSchema, SealSchema } from '../../schemas/seal.ts'
import { sealPage } from '../../src/operator.ts'

const sealRoute: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.post('/seal', {
    schema: {
      summary: 'Seal a page of stored data',
      description: 'Records that are plain or sealed with an older key are sealed with the first key of ' +
        'DATA_ENCRYPTION_KEY. Start with `after: null` and continue until `next` is null; you can start over safely. ' +
        'If every document could be read, you can drop the older keys.',
      tags: ['seal'],
      body: SealSchema,
      response: { 200: SealedPageSchema, ...AdminErrors, ...ConflictError }
    }
  }, async ({ body }) => ({ status: 'ok' as const, ...await sealPage(fastify, body.after) }))
}

export default sealRoute
