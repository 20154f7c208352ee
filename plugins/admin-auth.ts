/**
 * Guards the admin routes: checks the bearer key before the body is read. Failed attempts are throttled per address;
 * the right key always works. Also marks the routes in the OpenAPI document, for Swagger UI's Authorize button.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6750
 */
import fastifyRateLimit from '@fastify/rate-limit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { AdminDisabled, AdminRefused, AdminThrottled } from '../src/errors.ts'
import { bearerToken, isOneOf } from '../src/secrets.ts'

declare module 'fastify' {
  interface FastifyInstance {
    verifyAdmin: (request: FastifyRequest, reply: FastifyReply) => Promise<void>
  }
}

/** Failed attempts per minute from one address; more get 429. */
export const MAX_FAILURES = 60

export default fp(async function adminAuthPlugin (fastify) {
  const { ADMIN_API_KEY } = fastify.config
  await fastify.register(fastifyRateLimit, { global: false })
  const countFailure = fastify.createRateLimit({ max: MAX_FAILURES, timeWindow: '1 minute' })

  fastify.decorate('verifyAdmin', async function verifyAdmin (request: FastifyRequest, reply: FastifyReply) {
    if (ADMIN_API_KEY === undefined) throw new AdminDisabled()
    const key = bearerToken(request.headers.authorization)
    if (key !== null && isOneOf(key, [ADMIN_API_KEY])) {
      fastify.connections.trust(request.raw.socket)
      return
    }
    if (key !== null) {
      fastify.strangerLog.write(`admin ${request.ip}`, { address: request.ip }, 'a wrong admin key was refused')
    }
    const failures = await countFailure(request)
    if (!failures.isAllowed && failures.isExceeded) {
      reply.header('retry-after', failures.ttlInSeconds)
      throw new AdminThrottled(failures.ttlInSeconds)
    }
    reply.header('www-authenticate', 'Bearer')
    throw new AdminRefused()
  })
  fastify.addHook('onRequest', fastify.verifyAdmin)
  fastify.addHook('onRoute', (route) => {
    if (route.schema !== undefined) route.schema.security = [{ adminKey: [] }]
  })
}, { name: 'admin-auth', dependencies: ['config', 'connections', 'stranger-log'], fastify: '5.x' })
