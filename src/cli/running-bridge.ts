/** Requests to the admin API of the running bridge that has the data open. */
import type { Config } from '../../schemas/env.ts'
import { CommandFailed } from '../errors.ts'
import { fetchJson, type JsonRequest } from '../http-client.ts'
import { isFields, textOf, type Fields } from '../json.ts'
import type { Shell } from './shell.ts'

export interface BridgeContext extends Pick<Shell, 'wait' | 'signal'> {
  config: Pick<Config, 'HOST' | 'PORT' | 'ADMIN_API_KEY'>
}

/** While the bridge responds with 503. */
const MAX_TRIES = 10

/** If the response has no Retry-After. */
const RETRY_MS = 5000
const MAX_RETRY_MS = 30_000

const LIMITS = { maxBytes: 1024 * 1024, responseMs: 120_000, bodyMs: 120_000 }

/** The address at which this machine reaches a bridge with these settings. */
export function addressOf ({ HOST, PORT }: Pick<Config, 'HOST' | 'PORT'>): string {
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1', '[::]': '::1' }[HOST] ?? HOST
  return `http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${PORT}`
}

/**
 * Sends `body`, by default with POST, and returns the body of the response.
 *
 * @param holder - sentence that names the process that has the data open, without a full stop
 * @throws {CommandFailed} the bridge does not respond, or refuses; the text says why
 */
export async function askBridge (
  { config, wait, signal }: BridgeContext,
  holder: string,
  path: string,
  body?: object,
  method: JsonRequest['method'] = 'POST'
): Promise<Fields> {
  const { ADMIN_API_KEY: key, PORT } = config
  const otherwise = 'or stop it and run this again'
  if (key === undefined) throw new CommandFailed(`${holder}. Set ADMIN_API_KEY to go through it, ${otherwise}`)
  if (PORT === 0) throw new CommandFailed(`${holder}. Set PORT to the port that it listens on, ${otherwise}`)
  const url = addressOf(config)
  const headers = { authorization: `Bearer ${key}` }

  for (let tries = 1; ; tries++) {
    const response = await fetchJson(url + path, { ...LIMITS, method, headers, body, signal })
    if ('fault' in response) {
      throw new CommandFailed(
        `${holder}. No bridge responds at ${url}. If another command is running, wait until it ends; ` +
        `if it is a bridge, check HOST and PORT, ${otherwise} (${response.fault})`)
    }
    const { status, retryAfterMs } = response
    const fields = isFields(response.body) ? response.body : {}
    if (status === 200 && response.body === fields) return fields
    // The bridge itself has tried to reach ElevenLabs more than once.
    const isBusy = status === 503 && fields['code'] !== 'BRIDGE_ELEVENLABS_UNAVAILABLE'
    if (!isBusy || tries === MAX_TRIES) {
      const message = textOf(fields, 'message', 1000)
      throw new CommandFailed(message === null
        ? `The server at ${url} is not a memory bridge (${status}): check HOST and PORT`
        : `The bridge at ${url} refuses (${status}): ${message}`)
    }
    await wait(Math.min(retryAfterMs ?? RETRY_MS, MAX_RETRY_MS), signal)
  }
}
