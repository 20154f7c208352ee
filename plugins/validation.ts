import fp from 'fastify-plugin'
import { describeFault, requestCheck } from '../src/request-checks.ts'

export default fp(async function validationPlugin (fastify) {
  fastify.setValidatorCompiler<object>(({ schema, httpPart }) => requestCheck(schema, httpPart === 'querystring'))
  fastify.setSchemaErrorFormatter(describeFault)
}, { name: 'validation', fastify: '5.x' })
