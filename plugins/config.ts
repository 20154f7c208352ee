/** Checks the settings at start and shares them as `fastify.config`. One error lists all that are missing or wrong. */
import fastifyEnv from '@fastify/env'
import { Ajv, type ErrorObject } from 'ajv'
import fp from 'fastify-plugin'
import { EnvSchema, type Config } from '../schemas/env.ts'
import { SettingsInvalid } from '../src/errors.ts'
import { OWN_SCHEMAS } from '../src/json.ts'
import { cleanSettings, describeFaults, settingFormats, settingWarnings } from '../src/settings.ts'

declare module 'fastify' {
  interface FastifyInstance {
    config: Config
  }
}

export interface ConfigOptions {
  /** Stands in for the process's environment in tests. */
  env?: Record<string, string | undefined> | undefined
}

/** A copy, because env-schema writes `additionalProperties` into the schema. */
const SCHEMA = { ...EnvSchema }

/** One a process, so that the schema is compiled once. */
let ajv: Ajv | undefined

export default fp<ConfigOptions>(async function configPlugin (fastify, opts) {
  try {
    await fastify.register(fastifyEnv, {
      schema: SCHEMA,
      env: false,
      data: cleanSettings(opts.env ?? process.env, EnvSchema),
      ajv: ajv ?? {
        customOptions: (defaults) => (ajv = new Ajv({ ...defaults.opts, ...OWN_SCHEMAS, formats: settingFormats }))
      }
    })
  } catch (error) {
    if (error instanceof Error && 'errors' in error) {
      throw new SettingsInvalid(describeFaults(error.errors as ErrorObject[], EnvSchema))
    }
    throw error
  }
  for (const warning of settingWarnings(fastify.config)) fastify.log.warn(warning)
}, { name: 'config', fastify: '5.x' })
