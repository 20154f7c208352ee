/** Requests to ElevenLabs' API, with retries, without redirects, and with a limit on the size of responses. */
import { setTimeout as sleep } from 'node:timers/promises'
import { ElevenLabsRefused, ElevenLabsUnavailable } from '../errors.ts'
import { parseBoundedJson } from '../json.ts'
import { withTimeLimit } from '../time.ts'

export interface RequestOptions {
  /** ELEVENLABS_API_BASE_URL. */
  baseUrl: string
  /** ELEVENLABS_API_KEY. It is sent only to that address, and is in no error. */
  apiKey: string
  fetch?: typeof fetch | undefined
  /** The wait before another try. Rejects when the signal is aborted. */
  wait?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined
  /** For one try, until the last byte of the response. Default: 30 seconds. */
  timeoutMs?: number | undefined
  /** Default: 5. */
  maxTries?: number | undefined
}

/** A final response: 2xx, 3xx, or a 4xx other than 408 and 429. */
export interface ElevenLabsResponse {
  status: number
  /** Undefined if it is not JSON, or larger than 25 MB. */
  body: unknown
}

/**
 * GETs a path, which begins with a slash. Rejects with the signal's reason when that is aborted.
 *
 * @throws {ElevenLabsUnavailable} every try failed
 * @throws {ElevenLabsRefused} the key has characters that cannot be sent
 */
export type Ask = (path: string, signal: AbortSignal) => Promise<ElevenLabsResponse>

/** A try that is worth repeating. */
interface Failure {
  /** For the operator: without the key, the address or anything from the response body. */
  reason: string
  /** How long ElevenLabs asks to wait; null if it does not say. */
  waitMs: number | null
}

const MAX_TRIES = 5

/** Doubles after each failure. */
const FIRST_WAIT_MS = 1000

/** Also limits what ElevenLabs asks for. */
const MAX_WAIT_MS = 60_000

const TIMEOUT_MS = 30_000

/** The same limit as for the call end of a conversation. */
const MAX_BYTES = 25 * 1024 * 1024

export function createAsk (options: RequestOptions): Ask {
  const { baseUrl, apiKey, fetch: get = fetch, wait = waitForTimer } = options
  const { timeoutMs = TIMEOUT_MS, maxTries = MAX_TRIES } = options
  const base = baseUrl.replace(/\/+$/, '')

  async function attempt (path: string, signal: AbortSignal): Promise<ElevenLabsResponse | Failure> {
    const headers = headersFor(apiKey)
    try {
      return await withTimeLimit(timeoutMs, signal, async (limited) => {
        // Following a redirect would send the key along.
        const response = await get(`${base}${path}`, { headers, redirect: 'manual', signal: limited })
        const { status } = response
        if (status === 408 || status === 429 || status >= 500) {
          await response.body?.cancel()
          return { reason: `it responded with ${status}`, waitMs: retryAfterMs(response) }
        }
        return { status, body: await readJson(response) }
      })
    } catch (error) {
      signal.throwIfAborted()
      // fetch throws a TypeError when the network fails, and a DOMException for a timeout.
      if (!(error instanceof TypeError || error instanceof DOMException)) throw error
      return { reason: reasonOf(error, timeoutMs), waitMs: null }
    }
  }

  return async function ask (path, signal) {
    for (let tries = 1; ; tries++) {
      const outcome = await attempt(path, signal)
      if ('status' in outcome) return outcome
      if (tries === maxTries) throw new ElevenLabsUnavailable(outcome.reason)
      await wait(Math.min(outcome.waitMs ?? FIRST_WAIT_MS * 2 ** (tries - 1), MAX_WAIT_MS), signal)
    }
  }
}

/** The original error would contain the key. */
function headersFor (apiKey: string): Headers {
  try {
    return new Headers({ 'xi-api-key': apiKey })
  } catch {
    throw new ElevenLabsRefused(
      'ELEVENLABS_API_KEY has characters that a key cannot have: copy it again from ElevenLabs')
  }
}

/** Reads seconds; a date, which HTTP also allows, is ignored. */
function retryAfterMs ({ headers }: Response): number | null {
  const text = headers.get('retry-after') ?? ''
  return /^\d{1,9}$/.test(text) ? Number(text) * 1000 : null
}

async function readJson ({ body }: Response): Promise<unknown> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.length
    if (bytes > MAX_BYTES) return undefined
    chunks.push(chunk)
  }
  return parseBoundedJson(Buffer.concat(chunks))
}

/** Only the code: messages contain addresses and more. */
function reasonOf (error: TypeError | DOMException, timeoutMs: number): string {
  if (error.name === 'TimeoutError') return `it did not respond within ${timeoutMs / 1000} seconds`
  const cause = error.cause
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  return /^[A-Z_]+$/.test(code) ? `the connection failed, ${code}` : 'the connection failed'
}

async function waitForTimer (ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal })
}
