/**
 * Writes call start responses from the soul, shared as `fastify.promptBuilder`. The bridge does not start with a soul
 * file that cannot be used; after a later broken edit it keeps the last good soul.
 */
import { Ajv } from 'ajv'
import fp from 'fastify-plugin'
import { SoulFrontMatterSchema } from '../schemas/soul.ts'
import { OWN_SCHEMAS } from '../src/json.ts'
import { createPromptBuilder, type PromptBuilder } from '../src/prompt/call-start-response.ts'
import { openSoulFile } from '../src/prompt/soul-file.ts'

declare module 'fastify' {
  interface FastifyInstance {
    promptBuilder: PromptBuilder
  }
}

const ajv = new Ajv({ ...OWN_SCHEMAS, allErrors: true, allowUnionTypes: true, verbose: true })

/** For the front matter of the soul. Only the first call compiles it. */
export const soulCheck = () => ajv.compile(SoulFrontMatterSchema)

export default fp<{ soulPollMs?: number | undefined }>(async function promptBuilderPlugin (fastify, { soulPollMs }) {
  const { config, log } = fastify
  const soulFile = await openSoulFile({ config, validate: soulCheck(), log, pollMs: soulPollMs })
  fastify.decorate('promptBuilder', createPromptBuilder(soulFile.current, config))
  fastify.addHook('onClose', async () => soulFile.close())
}, { name: 'prompt-builder', dependencies: ['config'], fastify: '5.x' })
