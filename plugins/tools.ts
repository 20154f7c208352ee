/** What the agent can do during a call, shared as `fastify.tools`. */
import fp from 'fastify-plugin'
import { createTools, type Tools } from '../src/tools/tools.ts'
import { warmUpTools } from '../src/tools/warm-up.ts'

declare module 'fastify' {
  interface FastifyInstance {
    tools: Tools
  }
}

/** By then the first rings after a start have been answered. */
const WARM_UP_AFTER_MS = 1000

export default fp(async function toolsPlugin (fastify) {
  fastify.decorate('tools', createTools(fastify))

  fastify.addHook('onListen', async () => {
    setTimeout(() => void warmUpTools(fastify), WARM_UP_AFTER_MS).unref()
  })
}, {
  name: 'tools', dependencies: ['config', 'clock', 'store', 'caller-id', 'prompt-builder', 'redaction'], fastify: '5.x'
})
