/**
 * A stop that no call notices: listening ends at once, requests in flight and what still comes on open connections are
 * answered, and each answer asks the client to come back on a new connection. Fastify alone would cut idle ones at once.
 */
import { once } from 'node:events'
import { Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import fp from 'fastify-plugin'

/** How long open connections may still ask, in milliseconds. */
const DRAIN_MS = 1000

/** How long after that a request may take to come in and be answered; then its connection is cut. */
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
    // The close of an HTTP server ends idle connections, that of its base class only stops listening.
    Server.prototype.close.call(server)
    await Promise.race([drained, sleep(DRAIN_MS)])
    setTimeout(() => server.closeAllConnections(), LAST_REQUEST_MS).unref()
  })
}, { name: 'drain', fastify: '5.x' })
