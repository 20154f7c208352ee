/** Masks what must not stay in a text, such as card numbers, unless REDACT is off: shared as `fastify.redact`. */
import fp from 'fastify-plugin'
import { redactorFor } from '../src/learning/redact.ts'

declare module 'fastify' {
  interface FastifyInstance {
    redact: (text: string) => string
  }
}

export default fp(async function redactionPlugin (fastify) {
  fastify.decorate('redact', redactorFor(fastify.config.REDACT))
}, { name: 'redaction', dependencies: ['config'], fastify: '5.x' })
