import fp from 'fastify-plugin'

export default fp(async function corsPlugin (fastify) {
  const { ALLOWED_ORIGINS } = fastify.config
  if (ALLOWED_ORIGINS.length === 0) return
  const { default: fastifyCors } = await import('@fastify/cors')
  await fastify.register(fastifyCors, {
    // Not a list: with one, preflights of other origins would get all CORS headers but the origin.
    origin: async (origin: string | undefined) => origin !== undefined && ALLOWED_ORIGINS.includes(origin),
    methods: ['GET', 'POST', 'PATCH', 'DELETE'],
    allowedHeaders: ['authorization', 'content-type'],
    maxAge: 600
  })
}, { name: 'cors', dependencies: ['config'], fastify: '5.x' })
