/** One question to ElevenLabs' API: asked again when ElevenLabs is busy, never elsewhere, and never for more than can be held. */
import { setTimeout as sleep } from 'node:timers/promises'
import { withTimeLimit } from '../deadline.ts'
import { ElevenLabsRefused, ElevenLabsUnavailable } from '../errors.ts'
import { parseBoundedJson } from '../json-limits.ts'

export interface RequestOptions {
  /** ELEVENLABS_API_BASE_URL. */
  baseUrl: string
  /** ELEVENLABS_API_KEY. It goes to that address alone, and into no error. */
  apiKey: string
  /** Default: Node's own. */
  fetch?: typeof fetch | undefined
  /** Waits so many milliseconds before another try, and rejects when the signal is aborted. Default: a timer. */
  wait?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined
  /** Milliseconds that a try may take, until the last byte of its answer. Default: 30 seconds. */
  timeoutMs?: number | undefined
  /** Default: 5. */
  maxTries?: number | undefined
}

/** An answer that another try would not change: 2xx, 3xx, or a 4xx other than 408 and 429. */
export interface ElevenLabsResponse {
  status: number
  /** Undefined when it is no JSON, or has more than 25 MB. */
  body: unknown
}

/**
 * GETs a path, which begins with a slash. When the signal is aborted it rejects with its reason.
 *
 * @throws {ElevenLabsUnavailable} every try failed
 * @throws {ElevenLabsRefused} the key is none that can be sent
 */
export type Ask = (path: string, signal: AbortSignal) => Promise<ElevenLabsResponse>

/** A try that may go better next time. */
interface Failure {
  /** For the operator: without key, address or words of an answer. */
  reason: string
  /** How long ElevenLabs asks to wait; null when it does not say. */
  waitMs: number | null
}

const MAX_TRIES = 5

/** After the first failure; twice as long after each further one. */
const FIRST_WAIT_MS = 1000

/** No wait is longer, whatever ElevenLabs asks for. */
const MAX_WAIT_MS = 60_000

const TIMEOUT_MS = 30_000

/** As much as the post-call webhook takes of the same conversation. */
const MAX_BYTES = 25 * 1024 * 1024

export function createAsk (options: RequestOptions): Ask {
  const { baseUrl, apiKey, fetch: get = fetch, wait = waitForTimer } = options
  const { timeoutMs = TIMEOUT_MS, maxTries = MAX_TRIES } = options
  const base = baseUrl.replace(/\/+$/, '')

  async function attempt (path: string, signal: AbortSignal): Promise<ElevenLabsResponse | Failure> {
    const headers = headersFor(apiKey)
    try {
      return await withTimeLimit(timeoutMs, signal, async (limited) => {
        // A redirect would take the key along.
        const response = await get(`${base}${path}`, { headers, redirect: 'manual', signal: limited })
        const { status } = response
        if (status === 408 || status === 429 || status >= 500) {
          await response.body?.cancel()
          return { reason: `it answered ${status}`, waitMs: retryAfterMs(response) }
        }
        return { status, body: await readJson(response) }
      })
    } catch (error) {
      signal.throwIfAborted()
      // What fetch throws: for the network a TypeError, for a time-out a DOMException.
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

/** The words of the original error would have the key in them. */
function headersFor (apiKey: string): Headers {
  try {
    return new Headers({ 'xi-api-key': apiKey })
  } catch {
    throw new ElevenLabsRefused('ELEVENLABS_API_KEY has characters that no key has: copy it anew from ElevenLabs')
  }
}

/** Seconds; a date, which is allowed too, counts as not saying. */
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

/** The code alone: messages have addresses, and more, in them. */
function reasonOf (error: TypeError | DOMException, timeoutMs: number): string {
  if (error.name === 'TimeoutError') return `it did not answer within ${timeoutMs / 1000} seconds`
  const cause = error.cause
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  return /^[A-Z_]+$/.test(code) ? `the connection failed, ${code}` : 'the connection failed'
}

async function waitForTimer (ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal })
}
