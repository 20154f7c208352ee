/** Logs requests without a secret, at most one line per minute and key, so that strangers cannot fill the log. */
import fp from 'fastify-plugin'
import { createStrangerLog, type StrangerLog } from '../src/log.ts'

declare module 'fastify' {
  interface FastifyInstance {
    strangerLog: StrangerLog
  }
}

export default fp(async function strangerLogPlugin (fastify) {
  const strangerLog = createStrangerLog((fields, message) => fastify.log.warn(fields, message))
  fastify.decorate('strangerLog', strangerLog)
  fastify.addHook('onClose', async () => strangerLog.flush())
}, { name: 'stranger-log', fastify: '5.x' })
