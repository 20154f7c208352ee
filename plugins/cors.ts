/** CORS for exactly the origins in ALLOWED_ORIGINS. Without the setting there are no CORS headers at all. */
import fastifyCors from '@fastify/cors'
import fp from 'fastify-plugin'

export default fp(async function corsPlugin (fastify) {
  const { ALLOWED_ORIGINS } = fastify.config
  if (ALLOWED_ORIGINS.length === 0) return
  await fastify.register(fastifyCors, {
    // Asked about each request: a list would let the preflights of other origins pass with all but the origin.
    origin: async (origin: string | undefined) => origin !== undefined && ALLOWED_ORIGINS.includes(origin),
    methods: ['GET', 'POST', 'PATCH', 'DELETE'],
    allowedHeaders: ['authorization', 'content-type'],
    maxAge: 600
  })
}, { name: 'cors', dependencies: ['config'], fastify: '5.x' })
