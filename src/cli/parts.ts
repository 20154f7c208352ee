/** Connects the commands with plugins and schemas, as app.ts does for the server. */
import { Ajv, type ValidateFunction } from 'ajv'
import Fastify from 'fastify'
import configPlugin from '../../plugins/config.ts'
import { STORED_SCHEMAS } from '../../schemas/caller-record.ts'
import type { Config } from '../../schemas/env.ts'
import { SoulFrontMatterSchema } from '../../schemas/soul.ts'
import { OWN_SCHEMAS } from '../json.ts'
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

export function storedChecks (): DocumentChecks {
  return compileChecks(STORED_SCHEMAS)
}

/** For the front matter of the soul, as the server's plugin compiles it. */
export function soulCheck (): ValidateFunction {
  return new Ajv({ ...OWN_SCHEMAS, allErrors: true, allowUnionTypes: true, verbose: true })
    .compile(SoulFrontMatterSchema)
}
