/** Our requests to other servers: limited in bytes and time, and never redirected, which would send the key along. */
import { withTimeLimit } from './time.ts'
import { createJsonScan, parseJson } from './json.ts'

export interface JsonRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'PUT'
  headers?: Headers | Record<string, string>
  /** Sent as JSON. */
  body?: object | undefined
  /** Of the response, after decompression. */
  maxBytes: number
  /** Until the response begins. */
  responseMs: number
  /** From then on, until its last byte. Default: all of it has to come within `responseMs` */
  bodyMs?: number
  signal: AbortSignal
}

export interface JsonResponse {
  status: number
  /** For how long the server asks to wait; null if it does not. */
  retryAfterMs: number | null
  /** Undefined if it is not JSON, is larger than `maxBytes`, or exceeds the limits for JSON. */
  body: unknown
}

/**
 * Resolves to a `fault` if there was no whole response in time; it never quotes the address, the key or the response.
 * Rejects with the signal's reason once that is aborted.
 */
export async function fetchJson (
  url: string, { maxBytes, responseMs, bodyMs, signal, ...request }: JsonRequest
): Promise<JsonResponse | { fault: string }> {
  const { method } = request
  const body = request.body === undefined ? null : JSON.stringify(request.body)
  try {
    const headers = new Headers(request.headers)
    if (body !== null) headers.set('content-type', 'application/json')
    return await withTimeLimit(responseMs, signal, async (limited, restart) => {
      const response = await fetch(url, { method, headers, body, redirect: 'manual', signal: limited })
      if (bodyMs !== undefined) restart(bodyMs)
      const bytes = await readBody(response, maxBytes)
      return {
        status: response.status,
        retryAfterMs: retryAfterMs(response.headers, new Date()),
        body: parseJson(bytes.toString())
      }
    })
  } catch (error) {
    signal.throwIfAborted()
    // fetch throws a TypeError when the network fails, and the DOMException of the time limit.
    if (!(error instanceof TypeError || error instanceof DOMException)) throw error
    return { fault: describeFault(error) }
  }
}

/** Empty if it exceeds a limit: a huge body must not fill memory, or block call starts while it is parsed. */
async function readBody ({ body }: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  const scan = createJsonScan()
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.length
    // Leaving the loop closes the connection.
    if (bytes > maxBytes || !scan.take(chunk)) return Buffer.alloc(0)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/**
 * Reads Retry-After: seconds, or a date. Null if there is none.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function retryAfterMs (headers: Headers, now: Date): number | null {
  const value = headers.get('retry-after') ?? ''
  const date = / GMT$/.test(value) ? Date.parse(value) : NaN
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : date - now.getTime()
  return Number.isFinite(ms) ? Math.max(0, ms) : null
}

/** What went wrong with a request. `fetch` wraps the error that has the code, such as ECONNREFUSED. */
export function describeFault (error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.name === 'TimeoutError') return cause.message
    // Only the code: messages contain addresses and more.
    if ('code' in cause && /^[A-Z][A-Z\d_]*$/.test(String(cause.code))) return `the connection failed, ${cause.code}`
  }
  return 'the connection failed'
}

/** An address as it is written in settings, to put a path behind. */
export function withoutTrailingSlashes (url: string): string {
  return url.replace(/\/+$/, '')
}
