/**
 * Stops without failing a call: the server stops listening at once, but requests in flight and new ones on open
 * connections still get a response, with `Connection: close`. Fastify alone would cut idle connections, on which a
 * request may be under way.
 */
import { once } from 'node:events'
import { Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import fp from 'fastify-plugin'

/** How long requests on open connections are still accepted. */
const DRAIN_MS = 1000

/** How long a request may take after that until its connection is cut. */
const LAST_REQUEST_MS = 5000

export default fp(async function drainPlugin (fastify) {
  let isStopping = false
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    if (isStopping) reply.header('connection', 'close')
    done()
  })
  fastify.addHook('preClose', async () => {
    isStopping = true
    const { server } = fastify
    if (!server.listening) return
    const drained = once(server, 'close')
    // Not the HTTP server's own close, which would end idle connections; this one only stops listening.
    Server.prototype.close.call(server)
    await Promise.race([drained, sleep(DRAIN_MS)])
    setTimeout(() => server.closeAllConnections(), LAST_REQUEST_MS).unref()
  })
}, { name: 'drain', fastify: '5.x' })
