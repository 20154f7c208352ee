/** Shares `fastify.connections`, which the guards tell who has shown a secret; logs closed connections. */
import fp from 'fastify-plugin'
import type { ClosedReason, Connections } from '../src/connections.ts'

declare module 'fastify' {
  interface FastifyInstance {
    connections: Connections
  }
}

const MESSAGES: Record<ClosedReason, string> = {
  crowded: 'too many connections without a secret: closing those that were idle longest',
  pipelining: 'closing a connection that sends requests but does not read the responses',
  refused: 'too many connections: refusing new ones'
}

export default fp<{ connections: Connections }>(async function connectionsPlugin (fastify, { connections }) {
  fastify.decorate('connections', connections)
  connections.on('closed', (reason) => fastify.strangerLog.write(reason, {}, MESSAGES[reason]))
}, { name: 'connections', dependencies: ['stranger-log'], fastify: '5.x' })
