/** Connects the commands with plugins and schemas, as app.ts does for the server. */
import { Ajv, type ValidateFunction } from 'ajv'
import Fastify from 'fastify'
import configPlugin from '../../plugins/config.ts'
import promptBuilder from '../../plugins/prompt-builder.ts'
import { STORED_SCHEMAS } from '../../schemas/caller-record.ts'
import { EnvSchema, type Config } from '../../schemas/env.ts'
import { SoulFrontMatterSchema } from '../../schemas/soul.ts'
import { OWN_SCHEMAS } from '../json.ts'
import { TOKEN_VARIABLE } from '../prompt/soul.ts'
import { compileChecks } from '../store/compile-checks.ts'
import type { DocumentChecks } from '../store/formats.ts'

/**
 * Reads the settings with the server's plugin, but without its warnings.
 *
 * @throws {SettingsInvalid} the text lists all settings that are missing or wrong
 */
export async function readSettings (env: Record<string, string | undefined>): Promise<Config> {
  const app = Fastify()
  await app.register(configPlugin, { env })
  return app.config
}

/** What the bridge sends at call start, with neutral values, in this order. */
export async function readVariables (env: Record<string, string | undefined>): Promise<Record<string, string>> {
  const app = Fastify()
  await app.register(configPlugin, { env })
  await app.register(promptBuilder)
  await app.ready()
  const { dynamic_variables: variables } = app.promptBuilder.foreign('none')
  await app.close()
  const texts = Object.entries(variables).map(([name, value]) => [name, String(value)])
  return { ...Object.fromEntries(texts), [TOKEN_VARIABLE]: 'none' }
}

export const isSetting = (name: string) => Object.hasOwn(EnvSchema.properties, name)

export function storedChecks (): DocumentChecks {
  return compileChecks(STORED_SCHEMAS)
}

/** For the front matter of the soul, as the server's plugin compiles it. */
export function soulCheck (): ValidateFunction {
  return new Ajv({ ...OWN_SCHEMAS, allErrors: true, allowUnionTypes: true, verbose: true })
    .compile(SoulFrontMatterSchema)
}
