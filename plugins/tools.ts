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
  let timer: NodeJS.Timeout | undefined
  fastify.decorate('tools', createTools(fastify))

  fastify.addHook('onListen', async () => {
    timer = setTimeout(() => {
      warmUpTools(fastify).catch((err: unknown) => fastify.log.error({ err }, 'the tools could not be warmed up'))
    }, WARM_UP_AFTER_MS).unref()
  })
  fastify.addHook('onClose', async () => clearTimeout(timer))
}, {
  name: 'tools', dependencies: ['config', 'call-context', 'store', 'prompt-builder'], fastify: '5.x'
})
