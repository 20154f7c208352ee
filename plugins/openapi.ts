/** Generates the OpenAPI document from the schemas of all routes that are registered later. */
import fastifySwagger from '@fastify/swagger'
import fp from 'fastify-plugin'

export default fp<{ version: string }>(async function openapiPlugin (fastify, { version }) {
  await fastify.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Memory bridge',
        version,
        description: 'Caller memory for ElevenLabs phone agents. To try the routes under /api, press **Authorize** ' +
          'and paste the admin key (ADMIN_API_KEY).'
      },
      servers: [{ url: '/' }],
      tags: [
        { name: 'memory', description: 'What is known about a caller' },
        { name: 'notes', description: 'What the agent should know for now, for everybody or for one caller' },
        { name: 'callers', description: 'Find callers, and preview what the agent would be told about them' },
        { name: 'calls', description: 'Calls that are still to be learnt from, and missed calls' },
        { name: 'seal', description: 'Encryption of stored data' },
        { name: 'sweep', description: 'The sweep of old data' },
        { name: 'tools', description: 'What the agent can use during a call' },
        { name: 'connection', description: 'What `connect` did at ElevenLabs' },
        { name: 'webhook', description: 'What ElevenLabs calls' },
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
