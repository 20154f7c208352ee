/**
 * Connections, shared as `fastify.connections`: guards tell it which ones have shown a secret. Those that had to go are
 * counted in `closed`, and logged.
 */
import fp from 'fastify-plugin'
import type { ClosedReason, Connections } from '../src/connections.ts'

declare module 'fastify' {
  interface FastifyInstance {
    connections: Connections
    /** Connections that were closed since the start because there were too many, or they did not read. */
    closedConnections: { count: number }
  }
}

export interface ConnectionsOptions {
  connections: Connections
}

const WHY: Record<ClosedReason, string> = {
  crowded: 'too many connections without a secret: those idle longest are closed',
  pipelining: 'a connection is closed that sends requests without reading the responses',
  refused: 'too many connections: new ones are refused'
}

export default fp<ConnectionsOptions>(async function connectionsPlugin (fastify, { connections }) {
  const closedConnections = { count: 0 }
  fastify.decorate('connections', connections)
  fastify.decorate('closedConnections', closedConnections)
  connections.on('closed', (reason) => {
    closedConnections.count++
    fastify.strangerLog.write(reason, {}, WHY[reason])
  })
}, { name: 'connections', dependencies: ['stranger-log'], fastify: '5.x' })
