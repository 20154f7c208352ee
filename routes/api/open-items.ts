import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AdminErrors, NotFoundError } from '../../schemas/error.ts'
import { OpenItemResponseSchema, OpenItemParamsSchema } from '../../schemas/memory.ts'
import { closeItem } from '../../src/caller/open-items.ts'

const openItemRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.post('/memory/:phone_hash/open-items/:item_id/close', {
    schema: {
      summary: 'Close an open item',
      description: 'The open item is not told any more. One that is already closed stays as it is.',
      tags: ['memory'],
      params: OpenItemParamsSchema,
      response: { 200: OpenItemResponseSchema, ...AdminErrors, ...NotFoundError }
    }
  }, async ({ params }) =>
    await fastify.store.update(params.phone_hash, closeItem(params.item_id, fastify.now().toISOString())))
}

export default openItemRoutes
