/** Connects the commands with plugins and schemas, as app.ts does for the server. */
import Fastify from 'fastify'
import configPlugin from '../../plugins/config.ts'
import { soulCheck } from '../../plugins/prompt-builder.ts'
import { STORED_SCHEMAS } from '../../schemas/caller-record.ts'
import { EnvSchema, type Config } from '../../schemas/env.ts'
import { loadSoul } from '../prompt/soul-file.ts'
import type { Soul } from '../prompt/soul.ts'
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

/** @throws {SoulInvalid} */
export async function readSoul (config: Config): Promise<Soul> {
  return await loadSoul(config, soulCheck())
}

export const isSetting = (name: string) => Object.hasOwn(EnvSchema.properties, name)

export function storedChecks (): DocumentChecks {
  return compileChecks(STORED_SCHEMAS)
}
