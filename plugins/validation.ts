/** How requests are held to their schemas, and what is said when they do not fit. */
import fp from 'fastify-plugin'
import { createRequestChecks, describeFault } from '../src/request-checks.ts'

export default fp(async function validationPlugin (fastify) {
  const checks = createRequestChecks()
  fastify.setValidatorCompiler<object>(({ schema, httpPart }) => checks(schema, httpPart === 'querystring'))
  fastify.setSchemaErrorFormatter(describeFault)
}, { name: 'validation', fastify: '5.x' })
