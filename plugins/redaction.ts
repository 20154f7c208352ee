/** Masks what must not stay in a text, such as card numbers, unless REDACT is off: shared as `fastify.redact`. */
import fp from 'fastify-plugin'
import { redact } from '../src/learning/redact.ts'

declare module 'fastify' {
  interface FastifyInstance {
    redact: (text: string) => string
  }
}

export default fp(async function redactionPlugin (fastify) {
  fastify.decorate('redact', fastify.config.REDACT === 'on' ? redact : (text: string) => text)
}, { name: 'redaction', dependencies: ['config'], fastify: '5.x' })
