/** What the agent would be told right now, and why. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AdminErrors } from '../../schemas/error.ts'
import { PreviewResponseSchema, PreviewSchema } from '../../schemas/preview.ts'

const previewRoute: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.post('/preview', {
    schema: {
      summary: 'See the call-start answer for a caller',
      description: 'Exactly what a call would be answered now, with the reason for each line. No call is counted, and nothing is changed, except that a record from before PHONE_HASH_KEY is moved to its keyed hash.',
      tags: ['callers'],
      body: PreviewSchema,
      response: { 200: PreviewResponseSchema, ...AdminErrors }
    }
  }, async ({ body }) => {
    const { caller, response: answer, told, leftOut } = await fastify.calls.preview(body.phone_hash === undefined
      ? fastify.callerId.identify(body.phone)
      : fastify.callerId.fromHash(body.phone_hash))
    const reasoned = (lines: typeof told) => lines.map(({ text, section, reason, id }) => ({ text, section, why: reason, id }))
    return { caller, answer, told: reasoned(told), left_out: reasoned(leftOut) }
  })
}

export default previewRoute
