/**
 * The soul and the answers written from it, shared as `fastify.promptBuilder`. The start fails when the soul
 * file cannot be used; a later broken edit keeps the last good one.
 */
import { readFile } from 'node:fs/promises'
import { unwatchFile, watchFile } from 'node:fs'
import { resolve } from 'node:path'
import { Ajv } from 'ajv'
import fp from 'fastify-plugin'
import { SoulFrontMatterSchema } from '../schemas/soul.ts'
import { SoulInvalid } from '../src/errors.ts'
import { leastBytes, MAX_ANSWER_BYTES } from '../src/prompt/call-start-answer.ts'
import { createPromptBuilder, type PromptBuilder } from '../src/prompt/prompt-builder.ts'
import { parseSoul, SoulFault, unknownPlaceholders, type Soul } from '../src/prompt/soul.ts'

declare module 'fastify' {
  interface FastifyInstance {
    promptBuilder: PromptBuilder
  }
}

/** How often the soul file is looked at. Polling sees replaced files and links, which watching a file does not. */
const POLL_MS = 1000

export default fp(async function promptBuilderPlugin (fastify) {
  const { config, log } = fastify
  const path = resolve(config.SOUL_TEMPLATE_PATH)
  const settings = {
    overrides: config.OVERRIDES.filter((name) => name !== 'none'),
    memoryMaxChars: config.MEMORY_MAX_CHARS,
    timeZone: config.TIMEZONE
  }
  const validate = new Ajv({ allErrors: true, allowUnionTypes: true, verbose: true }).compile(SoulFrontMatterSchema)

  let soul = await loadSoul()
  fastify.decorate('promptBuilder', createPromptBuilder(() => soul, settings))

  watchFile(path, { interval: POLL_MS, persistent: false }, reload)
  fastify.addHook('onClose', async () => unwatchFile(path, reload))

  /** @throws {SoulInvalid} */
  async function loadSoul (): Promise<Soul> {
    try {
      const loaded = parseSoul(await readFile(path, 'utf8'), faultsOf)
      const bytes = leastBytes(loaded, settings)
      if (bytes > MAX_ANSWER_BYTES) throw new SoulFault(`with it an answer can have ${bytes} bytes, more than the ${MAX_ANSWER_BYTES} allowed`)
      const unknown = unknownPlaceholders(loaded)
      if (unknown.length > 0) {
        log.error({ placeholders: unknown }, 'the soul names variables that nobody fills; ElevenLabs may drop calls: declare them under variables')
      }
      return loaded
    } catch (error) {
      if (error instanceof SoulFault) throw new SoulInvalid(path, error.message)
      if (error instanceof Error && 'syscall' in error) throw new SoulInvalid(path, error.message)
      throw error
    }
  }

  function reload (): void {
    loadSoul().then(
      (loaded) => {
        soul = loaded
        log.info('the soul was read again')
      },
      (err: unknown) => log.error({ err }, 'the edited soul cannot be used; the last good one stays')
    )
  }

  function faultsOf (frontMatter: unknown): string[] {
    if (validate(frontMatter)) return []
    return (validate.errors ?? []).map(({ instancePath, message, params, parentSchema }) => {
      const field = [instancePath.slice(1), params['additionalProperty']].filter(Boolean).join('/') || 'it'
      return `${field} ${message} (${parentSchema?.['description'] ?? 'see the README'})`
    })
  }
}, { name: 'prompt-builder', dependencies: ['config'], fastify: '5.x' })
