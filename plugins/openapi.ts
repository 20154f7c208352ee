/** The OpenAPI document, generated from the routes' schemas, and Swagger UI over it at /docs. */
import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import fp from 'fastify-plugin'

export interface OpenapiOptions {
  /** Version of the package. */
  version: string
}

/** Swagger UI sets styles inline; scripts come from this server alone, and nothing is loaded from elsewhere. */
const CONTENT_SECURITY_POLICY = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'"

export default fp<OpenapiOptions>(async function openapiPlugin (fastify, { version }) {
  await fastify.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Memory bridge',
        version,
        description: 'Memory for an ElevenLabs phone agent. Press **Authorize** and paste the admin key to try the routes under memory, notes and callers.'
      },
      servers: [{ url: '/' }],
      tags: [
        { name: 'memory', description: 'What is known about a caller' },
        { name: 'notes', description: 'Dated context, for everybody or for one caller' },
        { name: 'callers', description: 'Finding callers, and seeing what they would be told' },
        { name: 'seal', description: 'Encryption of what is stored' },
        { name: 'webhook', description: 'Called by ElevenLabs' },
        { name: 'health', description: 'Probes' }
      ],
      components: {
        securitySchemes: {
          adminKey: { type: 'http', scheme: 'bearer', description: 'ADMIN_API_KEY' }
        }
      }
    }
  })
  await fastify.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    staticCSP: CONTENT_SECURITY_POLICY,
    theme: { title: 'Memory bridge' },
    uiConfig: { persistAuthorization: true, tryItOutEnabled: true, docExpansion: 'list' }
  })
}, { name: 'openapi', fastify: '5.x' })
