import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AdminErrors } from '../../schemas/error.ts'
import { PreviewResponseSchema, PreviewSchema } from '../../schemas/preview.ts'
import { previewCall } from '../../src/calls/call-preview.ts'

const previewRoute: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.post('/preview', {
    schema: {
      summary: 'Preview the call start response for a caller',
      description: 'Shows exactly what a call would get now, and why each line is in it. No call is counted, and ' +
        'nothing is changed, except that a record from before PHONE_HASH_KEY was set is moved to its new phone hash.',
      tags: ['callers'],
      body: PreviewSchema,
      response: { 200: PreviewResponseSchema, ...AdminErrors }
    }
  }, async ({ body }) => {
    const { caller, response, told, leftOut } = await previewCall(fastify, body.phone_hash === undefined
      ? fastify.callerId.identify(body.phone)
      : fastify.callerId.fromHash(body.phone_hash))
    const shown = ({ text, section, reason, id }: typeof told[number]) => ({ text, section, why: reason, id })
    return {
      caller,
      answer: response,
      told: told.map((line) => ({ ...shown(line), reason: line.because() })),
      left_out: leftOut.map((line) => ({ ...shown(line), reason: line.leftOutBecause }))
    }
  })
}

export default previewRoute
