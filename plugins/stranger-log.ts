/** Log lines about requests without a secret, shared as `fastify.strangerLog`: however many come, a line a minute and address. */
import fp from 'fastify-plugin'
import { createStrangerLog, type StrangerLog } from '../src/stranger-log.ts'

declare module 'fastify' {
  interface FastifyInstance {
    strangerLog: StrangerLog
  }
}

export default fp(async function strangerLogPlugin (fastify) {
  const strangerLog = createStrangerLog({ log: (fields, message) => fastify.log.warn(fields, message) })
  fastify.decorate('strangerLog', strangerLog)
  fastify.addHook('onClose', async () => strangerLog.flush())
}, { name: 'stranger-log', fastify: '5.x' })
