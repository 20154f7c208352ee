/** What the agent can do during a call, shared as `fastify.tools`. */
import fp from 'fastify-plugin'
import { createTools, type Tools } from '../src/tools/tools.ts'

declare module 'fastify' {
  interface FastifyInstance {
    tools: Tools
  }
}

export default fp(async function toolsPlugin (fastify) {
  fastify.decorate('tools', createTools(fastify))
}, {
  name: 'tools', dependencies: ['config', 'call-context', 'store', 'prompt-builder'], fastify: '5.x'
})
