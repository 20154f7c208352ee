import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AdminErrors, NotFoundError } from '../../schemas/error.ts'
import { OpenItemResponseSchema, OpenItemParamsSchema } from '../../schemas/memory.ts'

const openItemRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.post('/memory/:phone_hash/open-items/:item_id/close', {
    schema: {
      summary: 'Close an open item',
      description: 'The open item is not told any more. One that is already closed stays as it is.',
      tags: ['memory'],
      params: OpenItemParamsSchema,
      response: { 200: OpenItemResponseSchema, ...AdminErrors, ...NotFoundError }
    }
  }, async ({ params }) => await fastify.memory.closeItem(params.phone_hash, params.item_id))
}

export default openItemRoutes
