/** What the bridge has seen of calls since it was started, shared as `fastify.callWatch`. */
import fp from 'fastify-plugin'
import { createCallWatch, type CallWatch } from '../src/status/call-watch.ts'

declare module 'fastify' {
  interface FastifyInstance {
    callWatch: CallWatch
  }
}

export default fp(async function callWatchPlugin (fastify) {
  fastify.decorate('callWatch', createCallWatch(fastify.now))
}, { name: 'call-watch', dependencies: ['clock'], fastify: '5.x' })
