/** Requests to the admin API of the running bridge that has the data open. */
import { setTimeout as sleep } from 'node:timers/promises'
import { CommandFailed } from '../errors.ts'

export interface BridgeSettings {
  HOST: string
  PORT: number
  ADMIN_API_KEY?: string | undefined
}

/** While the bridge responds with 503. */
const MAX_TRIES = 10

/** If the response has no Retry-After. */
const RETRY_SECONDS = 5
const MAX_RETRY_SECONDS = 30

const TIMEOUT_MS = 120_000

/** The address at which this machine reaches a bridge with these settings. */
export function addressOf ({ HOST, PORT }: Pick<BridgeSettings, 'HOST' | 'PORT'>): string {
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1', '[::]': '::1' }[HOST] ?? HOST
  return `http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${PORT}`
}

/**
 * POSTs `body`, and returns the body of a 2xx response.
 *
 * @param holder - sentence that names the process that has the data open, without a full stop
 * @throws {CommandFailed} the bridge does not respond, or refuses; the text says why
 */
export async function askBridge (
  settings: BridgeSettings, holder: string, { path, body, signal }: { path: string, body: object, signal: AbortSignal }
): Promise<Record<string, unknown>> {
  const { ADMIN_API_KEY: key, PORT } = settings
  const otherwise = 'or stop it and run this again'
  if (key === undefined) throw new CommandFailed(`${holder}. Set ADMIN_API_KEY to go through it, ${otherwise}`)
  if (PORT === 0) throw new CommandFailed(`${holder}. Set PORT to the port that it listens on, ${otherwise}`)
  const url = addressOf(settings)

  for (let tries = 1; ; tries++) {
    const response = await post(`${url}${path}`)
    const fields = await read(response)
    if (response.ok && fields !== null) return fields
    if (response.status !== 503 || tries === MAX_TRIES) throw refused(response.status, fields)
    const seconds = Number(response.headers.get('retry-after') ?? RETRY_SECONDS)
    const wait = Math.min(Number.isFinite(seconds) ? seconds : RETRY_SECONDS, MAX_RETRY_SECONDS)
    await sleep(wait * 1000, undefined, { signal })
  }

  async function post (address: string): Promise<Response> {
    try {
      return await fetch(address, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        // Following a redirect would send the key along.
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
      })
    } catch (error) {
      signal.throwIfAborted()
      // fetch only says "fetch failed"; its cause says why.
      const cause = error instanceof TypeError && error.cause instanceof Error ? error.cause : error
      throw new CommandFailed(
        `${holder}. No bridge responds at ${url}. If another command is running, wait until it ends; ` +
        `if it is a bridge, check HOST and PORT, ${otherwise}`, { cause })
    }
  }

  async function read (response: Response): Promise<Record<string, unknown> | null> {
    try {
      return await response.json() as Record<string, unknown> | null
    } catch (error) {
      if (error instanceof SyntaxError) return null
      throw error
    }
  }

  function refused (status: number, fields: Record<string, unknown> | null): Error {
    const message = fields?.['message']
    if (typeof message !== 'string') {
      return new CommandFailed(`The server at ${url} is not a memory bridge (${status}): check HOST and PORT`)
    }
    return new CommandFailed(`The bridge at ${url} refuses (${status}): ${message}`)
  }
}
