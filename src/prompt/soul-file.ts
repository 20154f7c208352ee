import { unwatchFile, watchFile } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { ValidateFunction } from 'ajv'
import { SoulInvalid } from '../errors.ts'
import { maxBytesWithoutMemory, MAX_RESPONSE_BYTES, type ResponseSettings } from './call-start-response.ts'
import { parseSoul, SoulFault, unknownPlaceholders, type Soul } from './soul.ts'

export interface SoulFileParts {
  path: string
  /** For the front matter; compiled with `allErrors` and `verbose`. */
  validate: ValidateFunction
  settings: ResponseSettings
  log: Record<'info' | 'error', (fields: object, message: string) => void>
  pollMs?: number | undefined
}

export interface SoulFile {
  /** The last good soul. */
  current (): Soul
  close (): void
}

/**
 * Reads the file now and after each edit. Polling notices replaced files and links; watching a file does not.
 *
 * @throws {SoulInvalid} only now: a later edit that is bad is logged
 */
export async function openSoulFile (parts: SoulFileParts): Promise<SoulFile> {
  const { path, log, pollMs = 1000 } = parts
  let soul = await loadSoul(parts)

  function reload (): void {
    loadSoul(parts).then(
      (loaded) => {
        soul = loaded
        log.info({}, 'the soul was reloaded')
      },
      (err: unknown) => log.error({ err }, 'the edited soul cannot be used; the last good one stays in use')
    )
  }
  watchFile(path, { interval: pollMs, persistent: false }, reload)
  return { current: () => soul, close: () => unwatchFile(path, reload) }
}

async function loadSoul ({ path, validate, settings, log }: SoulFileParts): Promise<Soul> {
  try {
    const soul = parseSoul(await readFile(path, 'utf8'), (frontMatter) => faultsOf(frontMatter, validate))
    const bytes = maxBytesWithoutMemory(soul, settings)
    if (bytes > MAX_RESPONSE_BYTES) {
      throw new SoulFault(`a response with it can have ${bytes} bytes, more than the ${MAX_RESPONSE_BYTES} allowed`)
    }
    const placeholders = unknownPlaceholders(soul)
    if (placeholders.length > 0) {
      log.error(
        { placeholders },
        'the soul uses variables that nobody sends; ElevenLabs may drop calls: add them under variables'
      )
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
