import { unwatchFile, watchFile } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { ValidateFunction } from 'ajv'
import type { Config } from '../../schemas/env.ts'
import { SoulInvalid } from '../errors.ts'
import { maxBytesWithoutMemory, MAX_RESPONSE_BYTES } from './call-start-response.ts'
import { parseSoul, SoulFault, unknownPlaceholders, type Soul } from './soul.ts'

type SoulSettings = Pick<Config, 'SOUL_TEMPLATE_PATH' | 'OVERRIDES'>

export interface SoulFileParts {
  config: SoulSettings
  /** For the front matter; compiled with `allErrors` and `verbose`. */
  validate: ValidateFunction
  log: Record<'info' | 'error', (fields: object, message: string) => void>
  pollMs?: number | undefined
}

/**
 * Reads the file now and after each edit. Polling notices replaced files and links; watching a file does not.
 *
 * @throws {SoulInvalid} only now: a later edit that is bad is logged
 */
export async function openSoulFile ({ config, validate, log, pollMs = 1000 }: SoulFileParts) {
  const path = resolve(config.SOUL_TEMPLATE_PATH)
  let soul = await load()

  async function load (): Promise<Soul> {
    const loaded = await loadSoul(config, validate)
    const placeholders = unknownPlaceholders(loaded)
    if (placeholders.length > 0) {
      log.error(
        { placeholders },
        'the soul uses variables that nobody sends; ElevenLabs may drop calls: add them under variables'
      )
    }
    return loaded
  }

  function reload (): void {
    load().then(
      (loaded) => {
        soul = loaded
        log.info({}, 'the soul was reloaded')
      },
      (err: unknown) => log.error({ err }, 'the edited soul cannot be used; the last good one stays in use')
    )
  }
  watchFile(path, { interval: pollMs, persistent: false }, reload)
  return {
    /** The last good soul. */
    current: () => soul,
    close: () => unwatchFile(path, reload)
  }
}

/** @throws {SoulInvalid} */
export async function loadSoul (config: SoulSettings, validate: ValidateFunction): Promise<Soul> {
  const path = resolve(config.SOUL_TEMPLATE_PATH)
  try {
    const soul = parseSoul(await readFile(path, 'utf8'), (frontMatter) => faultsOf(frontMatter, validate))
    const bytes = maxBytesWithoutMemory(soul, config)
    if (bytes > MAX_RESPONSE_BYTES) {
      throw new SoulFault(`a response with it can have ${bytes} bytes, more than the ${MAX_RESPONSE_BYTES} allowed`)
    }
    return soul
  } catch (error) {
    if (error instanceof SoulFault || (error instanceof Error && 'syscall' in error)) {
      throw new SoulInvalid(path, error.message)
    }
    throw error
  }
}

function faultsOf (frontMatter: unknown, validate: ValidateFunction): string[] {
  if (validate(frontMatter)) return []
  return (validate.errors ?? []).map(({ instancePath, message, params, parentSchema }) => {
    const field = [instancePath.slice(1), params['additionalProperty']].filter(Boolean).join('/') || 'it'
    return `${field} ${message} (${parentSchema?.['description'] ?? 'see docs/memory.md'})`
  })
}
