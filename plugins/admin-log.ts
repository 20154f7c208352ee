import fp from 'fastify-plugin'
import { hashPrefix } from '../src/phone/phone-hash.ts'

export default fp(async function adminLogPlugin (fastify) {
  fastify.addHook('onResponse', async (request, reply) => {
    if (request.method === 'GET' || request.method === 'HEAD' || reply.statusCode >= 400) return
    const { phone_hash: phoneHash } = request.params as { phone_hash?: string }
    const caller = phoneHash !== undefined && /^[0-9a-f]{64}$/.test(phoneHash) ? hashPrefix(phoneHash) : null
    request.log.info({ caller, method: request.method, route: request.routeOptions.url }, 'admin')
  })
}, { name: 'admin-log', fastify: '5.x' })
