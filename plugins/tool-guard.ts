/**
 * Guards the tools: opens the caller token before the body is read, as `request.callerToken`. It is all that says whose
 * memory is used; numbers and hashes in the body mean nothing.
 */
import fp from 'fastify-plugin'
import { ToolRefused } from '../src/errors.ts'
import type { CallerToken } from '../src/tools/caller-token.ts'

declare module 'fastify' {
  interface FastifyRequest {
    callerToken: CallerToken
  }
}

export default fp(async function toolGuardPlugin (fastify) {
  fastify.decorateRequest('callerToken')
  fastify.addHook('onRequest', async function openToken (request, reply) {
    const { headers, ip: address, routeOptions: { url: route } } = request
    try {
      // Node joins repeated headers with a comma; only injected requests can have a list, which `toString` joins, too.
      request.callerToken = fastify.callerTokens.open(
        headers['x-caller-token']?.toString(), headers['x-conversation-id']?.toString(), fastify.now())
    } catch (refusal) {
      // Otherwise the connection would stay open for the rest of a body that nobody reads.
      reply.header('connection', 'close')
      if (refusal instanceof ToolRefused) {
        const { message: reason } = refusal
        fastify.strangerLog.write(`tool ${address} ${reason}`, { address, reason, route }, 'a tool was refused')
      }
      throw refusal
    }
    fastify.connections.trust(request.raw.socket)
  })
}, {
  name: 'tool-guard', dependencies: ['call-context', 'caller-tokens', 'connections', 'stranger-log'], fastify: '5.x'
})
