/**
 * Guards the admin routes: checks the bearer key before the body is read. Failed attempts are throttled per address;
 * the right key always works. Reads bodies, and logs what was changed. Also marks the routes in the OpenAPI document,
 * for Swagger UI's Authorize button.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6750
 */
import fastifyRateLimit from '@fastify/rate-limit'
import fp from 'fastify-plugin'
import { AdminDisabled, AdminRefused, AdminThrottled } from '../src/errors.ts'
import { hashPrefix } from '../src/phone/phone-hash.ts'
import { bearerToken, isOneOf } from '../src/secrets.ts'

/** Failed attempts per minute from one address; more get 429. */
export const MAX_FAILURES = 60

export default fp(async function adminGuardPlugin (fastify) {
  const { ADMIN_API_KEY } = fastify.config
  await fastify.register(fastifyRateLimit, { global: false })
  const countFailure = fastify.createRateLimit({ max: MAX_FAILURES, timeWindow: '1 minute' })

  fastify.addHook('onRequest', async function verifyAdmin (request, reply) {
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
  fastify.addHook('onRoute', (route) => {
    if (route.schema !== undefined) route.schema.security = [{ adminKey: [] }]
  })

  // An empty body counts as none.
  const parseJson = fastify.getDefaultJsonParser('error', 'error')
  fastify.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined)
    else void parseJson(request, body, done)
  })
  // Before validation, so that limits apply to what is stored.
  fastify.addHook('preValidation', async function trimBody (request) {
    const { body } = request
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return
    request.body = Object.fromEntries(Object.entries(body).map(([name, value]) =>
      [name, typeof value === 'string' ? value.toWellFormed().trim() : value]))
  })

  fastify.addHook('onResponse', async function logChange (request, reply) {
    if (request.method === 'GET' || request.method === 'HEAD' || reply.statusCode >= 400) return
    const { phone_hash: phoneHash } = request.params as { phone_hash?: string }
    const caller = phoneHash !== undefined && /^[0-9a-f]{64}$/.test(phoneHash) ? hashPrefix(phoneHash) : null
    request.log.info({ caller, method: request.method, route: request.routeOptions.url }, 'admin')
  })
}, { name: 'admin-guard', dependencies: ['config', 'connections', 'stranger-log'], fastify: '5.x' })
