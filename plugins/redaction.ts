/** Shares `fastify.redact`, which masks card numbers and the like unless REDACT is off. */
import fp from 'fastify-plugin'
import { redactorFor } from '../src/redaction/redact.ts'

declare module 'fastify' {
  interface FastifyInstance {
    redact: (text: string) => string
  }
}

export default fp(async function redactionPlugin (fastify) {
  fastify.decorate('redact', redactorFor(fastify.config.REDACT))
}, { name: 'redaction', dependencies: ['config'], fastify: '5.x' })
