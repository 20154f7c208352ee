/** Requests to ElevenLabs' API, repeated while it is not available; and what all of its responses have in common. */
import type { Config } from '../../schemas/env.ts'
import { pause } from '../time.ts'
import { ElevenLabsRefused, ElevenLabsUnavailable } from '../errors.ts'
import { fetchJson, type JsonRequest, type JsonResponse, withoutTrailingSlashes } from '../http-client.ts'
import { isFields, textOf, type Fields } from '../json.ts'

/** `fastify`, or an object with the same keys. */
export interface ElevenLabsContext {
  /** The key is sent only to the address, and is in no error. */
  config: Pick<Config, 'ELEVENLABS_API_BASE_URL' | 'ELEVENLABS_API_KEY'>
  /** The wait before another try. Rejects when the signal is aborted. Default: a timer */
  wait?: (ms: number, signal: AbortSignal) => Promise<unknown>
}

export interface AskOptions {
  patience: Patience
  /** Once it is aborted, a request rejects with its reason. */
  signal: AbortSignal
}

export interface Patience extends Pick<JsonRequest, 'responseMs' | 'bodyMs'> {
  /** How long to wait before another try, in milliseconds; null to give up. `tries` is 1 after the first one. */
  waitMs: (tries: number, failure: Failure) => number | null
}

/** A try that is worth repeating. */
interface Failure extends Pick<JsonResponse, 'retryAfterMs'> {
  /** Null without a response. */
  status: number | null
  /** For the operator: without the key, the address or anything from the response body. */
  reason: string
}

/** For work in the background. */
export const PATIENT: Patience = {
  responseMs: 30_000,
  bodyMs: 30_000,
  waitMs: (tries, { retryAfterMs }) => tries === 5 ? null : Math.min(retryAfterMs ?? 1000 * 2 ** (tries - 1), 60_000)
}

/** For somebody who waits: gives up within ten seconds, unless ElevenLabs itself asks for fewer requests. */
export const BRIEF: Patience = {
  responseMs: 3500,
  bodyMs: 30_000,
  waitMs: (tries, failure) => failure.status === 429 ? PATIENT.waitMs(tries, failure) : tries === 2 ? null : 1000
}

/** For work that is repeated anyway. */
export const ONE_TRY: Patience = { ...PATIENT, waitMs: () => null }

/**
 * For a change: it may have taken effect although no response came, so only what was refused for the moment is
 * repeated.
 */
export const ONE_CHANGE: Patience = {
  responseMs: 10_000,
  bodyMs: 30_000,
  waitMs: (tries, failure) => failure.status === 429 ? PATIENT.waitMs(tries, failure) : null
}

/** The same limit as for the call end of a conversation. */
const MAX_BYTES = 25 * 1024 * 1024

const MAX_ID_CHARS = 200
const MAX_CURSOR_CHARS = 10_000

/**
 * Resolves to a final response: 2xx, or a 4xx other than 408 and 429. A path begins with a slash.
 *
 * @throws {ElevenLabsUnavailable} every try failed
 * @throws {ElevenLabsRefused} the key has characters that cannot be sent, or the response is a redirect
 */
export async function ask (
  { config, wait = pause }: ElevenLabsContext,
  { path, ...request }: { path: string } & Pick<JsonRequest, 'method' | 'body'>,
  { patience: { waitMs, ...limits }, signal }: AskOptions
): Promise<JsonResponse> {
  const url = withoutTrailingSlashes(config.ELEVENLABS_API_BASE_URL) + path
  const headers = headersFor(config.ELEVENLABS_API_KEY)
  for (let tries = 1; ; tries++) {
    const outcome = await attempt(url, { ...request, ...limits, headers, maxBytes: MAX_BYTES, signal })
    if (!('reason' in outcome)) return outcome
    const ms = waitMs(tries, outcome)
    if (ms === null) throw new ElevenLabsUnavailable(outcome.reason)
    await wait(ms, signal)
  }
}

async function attempt (url: string, request: JsonRequest): Promise<JsonResponse | Failure> {
  const response = await fetchJson(url, request)
  if ('fault' in response) return { status: null, retryAfterMs: null, reason: response.fault }
  const { status, retryAfterMs } = response
  if (status >= 300 && status < 400) {
    throw new ElevenLabsRefused(`The response is a redirect (${status}), which is not followed so that the key goes ` +
      'nowhere else: check ELEVENLABS_API_BASE_URL')
  }
  if (status !== 408 && status !== 429 && status < 500) return response
  return { status, retryAfterMs, reason: `it responded with ${status}` }
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

/** @throws {ElevenLabsRefused} always */
export function notTheApi (): never {
  throw new ElevenLabsRefused('The response is not from ElevenLabs\' API: check ELEVENLABS_API_BASE_URL')
}

/** The cursor of the next page; null on the last one, and if a page names itself, which would never end. */
export function nextOf (body: unknown, cursor: string | null): string | null {
  if (!isFields(body) || body['has_more'] === false) return null
  const next = textOf(body, 'next_cursor', MAX_CURSOR_CHARS)
  return next === cursor ? null : next
}

export function idOf (entry: Fields, name: string): string | null {
  const id = textOf(entry, name, MAX_ID_CHARS)
  // Dots would lead to another path.
  return id === null || /^\.{1,2}$/.test(id) ? null : id
}
