/** The OpenAPI document, generated from the schemas of all routes that come after it; shared as `fastify.swagger()`. */
import fastifySwagger from '@fastify/swagger'
import fp from 'fastify-plugin'

export interface OpenapiOptions {
  /** Version of the package. */
  version: string
}

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
        { name: 'calls', description: 'Calls that were missed, or are still to be learnt from' },
        { name: 'seal', description: 'Encryption of what is stored' },
        { name: 'sweep', description: 'Erasing what is not to be kept any longer' },
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
}, { name: 'openapi', fastify: '5.x' })
