import fp from 'fastify-plugin'
import { createRequestChecks, describeFault } from '../src/request-checks.ts'

export default fp(async function validationPlugin (fastify) {
  const checks = createRequestChecks()
  fastify.setValidatorCompiler<object>(({ schema, httpPart }) => checks(schema, httpPart === 'querystring'))
  fastify.setSchemaErrorFormatter(describeFault)
}, { name: 'validation', fastify: '5.x' })
