/** Shares the clock as `fastify.now`. */
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    now: () => Date
  }
}

export default fp<{ now: () => Date }>(async function clockPlugin (fastify, { now }) {
  fastify.decorate('now', now)
}, { name: 'clock', fastify: '5.x' })
