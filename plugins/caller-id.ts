import fp from 'fastify-plugin'
import { createCallerIdReader, type CallerIdReader } from '../src/phone/caller-id.ts'

declare module 'fastify' {
  interface FastifyInstance {
    callerId: CallerIdReader
  }
}

export default fp(async function callerIdPlugin (fastify) {
  const { PHONE_HASH_KEY, DEFAULT_COUNTRY, OWN_NUMBERS } = fastify.config
  fastify.decorate('callerId', createCallerIdReader({
    hashKey: PHONE_HASH_KEY,
    defaultCountry: DEFAULT_COUNTRY,
    ownNumbers: OWN_NUMBERS
  }))
}, { name: 'caller-id', dependencies: ['config'], fastify: '5.x' })
