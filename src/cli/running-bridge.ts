/** The bridge that has the data open, asked through its admin API. */
import { setTimeout as sleep } from 'node:timers/promises'
import { CommandFailed } from '../errors.ts'

export interface BridgeSettings {
  HOST: string
  PORT: number
  ADMIN_API_KEY?: string | undefined
}

/** Asks once more while the bridge says that it is busy, and gives up when it has said so this often. */
const MAX_TRIES = 10

/** Seconds to wait when the bridge does not say how many, and at most. */
const RETRY_SECONDS = 5
const MAX_RETRY_SECONDS = 30

const ANSWER_MS = 120_000

/** Where a bridge with these settings is reached from this machine. */
export function addressOf ({ HOST, PORT }: Pick<BridgeSettings, 'HOST' | 'PORT'>): string {
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1', '[::]': '::1' }[HOST] ?? HOST
  return `http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${PORT}`
}

/**
 * The answer to a POST, when it is a 2xx.
 *
 * @param holder - what is said of the process that has the data open
 * @throws {CommandFailed} there is no answer, or the bridge refuses: the text says why
 */
export async function askBridge (settings: BridgeSettings, holder: string, { path, body, signal }: { path: string, body: object, signal: AbortSignal }): Promise<Record<string, unknown>> {
  const { ADMIN_API_KEY: key, PORT } = settings
  const otherwise = 'or stop it and run this again'
  if (key === undefined) throw new CommandFailed(`${holder}: set ADMIN_API_KEY to go through it, ${otherwise}`)
  if (PORT === 0) throw new CommandFailed(`${holder}: set PORT to the port that it listens on, ${otherwise}`)
  const url = addressOf(settings)

  for (let tries = 1; ; tries++) {
    const response = await post(`${url}${path}`)
    const answer = await read(response)
    if (response.ok && answer !== null) return answer
    if (response.status !== 503 || tries === MAX_TRIES) throw refused(response.status, answer)
    const seconds = Number(response.headers.get('retry-after') ?? RETRY_SECONDS)
    await sleep(Math.min(Number.isFinite(seconds) ? seconds : RETRY_SECONDS, MAX_RETRY_SECONDS) * 1000, undefined, { signal })
  }

  async function post (address: string): Promise<Response> {
    try {
      return await fetch(address, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        // The key goes to that address and to no other.
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)])
      })
    } catch (error) {
      signal.throwIfAborted()
      // fetch says no more than "fetch failed"; its cause has the words.
      const cause = error instanceof TypeError && error.cause instanceof Error ? error.cause : error
      throw new CommandFailed(`${holder}, but no bridge answers at ${url}: if it is another command, wait for its end; if it is a bridge, check HOST and PORT, ${otherwise}`, { cause })
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

  function refused (status: number, answer: Record<string, unknown> | null): Error {
    const why = typeof answer?.['message'] === 'string' ? answer['message'] : 'it is no memory bridge'
    return new CommandFailed(`The bridge at ${url} refuses (${status}): ${why}`)
  }
}
