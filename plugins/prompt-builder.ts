/**
 * Writes call start responses from the soul, shared as `fastify.promptBuilder`. The bridge does not start with a soul
 * file that cannot be used; after a later broken edit it keeps the last good soul.
 */
import { resolve } from 'node:path'
import { Ajv } from 'ajv'
import fp from 'fastify-plugin'
import { SoulFrontMatterSchema } from '../schemas/soul.ts'
import { OWN_SCHEMAS } from '../src/json.ts'
import { createPromptBuilder, responseSettings, type PromptBuilder } from '../src/prompt/call-start-response.ts'
import { openSoulFile } from '../src/prompt/soul-file.ts'

declare module 'fastify' {
  interface FastifyInstance {
    promptBuilder: PromptBuilder
  }
}

const ajv = new Ajv({ ...OWN_SCHEMAS, allErrors: true, allowUnionTypes: true, verbose: true })

export default fp<{ soulPollMs?: number | undefined }>(async function promptBuilderPlugin (fastify, { soulPollMs }) {
  const { config, log } = fastify
  const settings = responseSettings(config)
  const soulFile = await openSoulFile({
    path: resolve(config.SOUL_TEMPLATE_PATH),
    validate: ajv.compile(SoulFrontMatterSchema),
    settings,
    log,
    pollMs: soulPollMs
  })
  fastify.decorate('promptBuilder', createPromptBuilder(soulFile.current, settings))
  fastify.addHook('onClose', async () => soulFile.close())
}, { name: 'prompt-builder', dependencies: ['config'], fastify: '5.x' })
