/**
 * Room for whoever has a secret, however many connections strangers open. Shared as `fastify.connections`: guards tell it
 * which connection has shown one; `closed` counts those that had to go since the start.
 */
import fp from 'fastify-plugin'
import { guardConnections, type ClosedReason, type Connections } from '../src/connections.ts'

declare module 'fastify' {
  interface FastifyInstance {
    connections: Connections & { readonly closed: number }
  }
}

export interface ConnectionsOptions {
  /** Strangers at the same time. Default: 1,500. */
  maxStrangers?: number | undefined
}

/** All connections: a bound on memory and file descriptors. Those above the strangers' share are for whoever has a secret. */
export const MAX_CONNECTIONS = 2000
const MAX_STRANGERS = 1500

const WHY: Record<ClosedReason, string> = {
  crowded: 'too many connections without a secret: those idle longest are closed',
  pipelining: 'a connection is closed that sends requests without reading the responses',
  refused: 'too many connections: new ones are refused'
}

export default fp<ConnectionsOptions>(async function connectionsPlugin (fastify, { maxStrangers = MAX_STRANGERS }) {
  const { server, strangerLog } = fastify
  let closed = 0
  server.maxConnections = MAX_CONNECTIONS
  const { trust } = guardConnections(server, {
    maxStrangers,
    onClosed (reason) {
      closed++
      strangerLog.write(reason, {}, WHY[reason])
    }
  })
  fastify.decorate('connections', { trust, get closed () { return closed } })
}, { name: 'connections', dependencies: ['stranger-log'], fastify: '5.x' })
