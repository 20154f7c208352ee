/**
 * Swagger UI over the OpenAPI document, at /docs. Most bridges never show it, so it is loaded at its first request, as an
 * app of its own: one that listens takes no further routes.
 */
import Fastify, { LogController, type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { RouteUnknown } from '../src/errors.ts'

/** Swagger UI sets styles inline; scripts come from this server alone, and nothing is loaded from elsewhere. */
const CONTENT_SECURITY_POLICY = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'"

export default fp(async function docsPlugin (fastify) {
  let ui: Promise<FastifyInstance> | undefined

  for (const path of ['/docs', '/docs/*']) {
    // Fastify makes the answers to HEAD of these.
    fastify.get(path, { schema: { hide: true } }, async (request, reply) => {
      ui ??= openUi(fastify)
      const { statusCode, headers, rawPayload } = await (await ui).inject({ method: 'GET', url: request.url, headers: request.headers })
      // Whether the connection stays open is said by this app.
      delete headers.connection
      return await reply.code(statusCode).headers(headers).send(rawPayload.length === 0 ? undefined : rawPayload)
    })
  }
}, { name: 'docs', dependencies: ['openapi', 'error-answers'], fastify: '5.x' })

/** Errors in it are answered and logged as everywhere. */
async function openUi (fastify: FastifyInstance): Promise<FastifyInstance> {
  const [{ default: fastifySwagger }, { default: fastifySwaggerUi }] = await Promise.all([import('@fastify/swagger'), import('@fastify/swagger-ui')])
  const ui = Fastify({ loggerInstance: fastify.log, logController: new LogController({ disableRequestLogging: true }) })
  ui.setErrorHandler(fastify.errorHandler)
  ui.setNotFoundHandler(() => { throw new RouteUnknown() })
  // Its types leave out OpenAPI 3.1 here.
  await ui.register(fastifySwagger, { mode: 'static', specification: { document: fastify.swagger() as never } })
  await ui.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    staticCSP: CONTENT_SECURITY_POLICY,
    theme: { title: 'Memory bridge' },
    uiConfig: { persistAuthorization: true, tryItOutEnabled: true, docExpansion: 'list' }
  })
  return ui
}
