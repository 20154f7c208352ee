/** What the agent can do during a call, shared as `fastify.tools`. */
import fp from 'fastify-plugin'
import { toolToPaste, type ToolName } from '../src/tools/definitions.ts'
import type { Tools, ToolsContext } from '../src/tools/tools.ts'

declare module 'fastify' {
  interface FastifyInstance {
    tools: Tools & {
      /** The definition for ElevenLabs, in Markdown. */
      toPaste: (tool: ToolName) => string
    }
  }
}

/** Loaded when the bridge is ready, because they compare words, and no call start does. */
async function loadTools (ctx: ToolsContext): Promise<Tools> {
  const { createTools } = await import('../src/tools/tools.ts')
  return createTools(ctx)
}

/** By then the first rings after a start have been answered. */
const WARM_UP_AFTER_MS = 1000

async function warmUp (ctx: ToolsContext): Promise<void> {
  const { warmUpTools } = await import('../src/tools/warm-up.ts')
  await warmUpTools(ctx)
}

export default fp(async function toolsPlugin (fastify) {
  const { config } = fastify
  let timer: NodeJS.Timeout | undefined
  let loading: Promise<Tools> | undefined
  const tools = async () => await (loading ??= loadTools(fastify))
  fastify.decorate('tools', {
    recall: async (...given) => await (await tools()).recall(...given),
    remember: async (...given) => await (await tools()).remember(...given),
    correct: async (...given) => await (await tools()).correct(...given),
    forget: async (...given) => await (await tools()).forget(...given),
    toPaste: (tool) => toolToPaste(tool, config.PUBLIC_BASE_URL)
  })
  // Whoever needs them meets the error.
  fastify.addHook('onReady', async () => { tools().catch(() => {}) })
  fastify.addHook('onListen', async () => {
    timer = setTimeout(() => {
      warmUp(fastify).catch((err: unknown) => fastify.log.error({ err }, 'the tools could not be warmed up'))
    }, WARM_UP_AFTER_MS).unref()
  })
  fastify.addHook('onClose', async () => clearTimeout(timer))
}, {
  name: 'tools', dependencies: ['config', 'call-context', 'store', 'prompt-builder', 'meanings'], fastify: '5.x'
})
