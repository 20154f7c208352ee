/** One connection to the bridge, one request at a time. Distinguishes a response from a broken connection. */
import { Agent, request } from 'node:http'
import { nowSeconds, postCallBody, ringBody, signatureHeader, type PhoneCall } from '../../src/simulate/elevenlabs.ts'
import { ADMIN_KEY, WEBHOOK_SECRET } from '../bridge.ts'

export interface ApiResponse {
  status: number
  /** Empty if the body is not a JSON object. */
  json: Record<string, unknown>
}

export interface NoResponse {
  status: null
  code: string
  /** Nothing was listening, so the request was not sent. */
  isRefused: boolean
  /** The connection had carried a response before, so the bridge had certainly accepted it. */
  wasOpen: boolean
}

export interface Api {
  callStart (call: PhoneCall): Promise<ApiResponse | NoResponse>
  callEnd (call: PhoneCall): Promise<ApiResponse | NoResponse>
  admin (method: string, path: string, body?: unknown): Promise<ApiResponse | NoResponse>
  get (path: string): Promise<ApiResponse | NoResponse>
  close (): void
}

/** Longer than any deadline of the bridge. */
const TIMEOUT_MS = 20_000

/** The call length in `postCallBody`. The webhook is dated this much later, so that its call starts now. */
const CALL_SECONDS = 42

export function connectTo (url: string): Api {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })

  function send (
    method: string, path: string, headers: Record<string, string>, body?: string
  ): Promise<ApiResponse | NoResponse> {
    return new Promise((resolve) => {
      const bodyHeaders = body === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
      const outgoing = request(`${url}${path}`, {
        method,
        agent,
        timeout: TIMEOUT_MS,
        headers: { ...headers, ...bodyHeaders }
      })
      const fail = (error: NodeJS.ErrnoException) => resolve({
        status: null,
        code: error.code ?? error.message,
        isRefused: error.code === 'ECONNREFUSED',
        wasOpen: outgoing.reusedSocket
      })
      outgoing.on('timeout', () => outgoing.destroy(new Error('no response in time')))
      outgoing.on('error', fail)
      outgoing.on('response', (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (part: string) => { text += part })
        response.on('error', fail)
        response.on('end', () => resolve({ status: response.statusCode!, json: parseObject(text) }))
      })
      outgoing.end(body)
    })
  }

  return {
    callStart: (call) =>
      send('POST', '/webhook/personalize', { 'x-webhook-secret': WEBHOOK_SECRET }, JSON.stringify(ringBody(call))),
    callEnd (call) {
      const body = postCallBody(call, {}, nowSeconds() + CALL_SECONDS)
      const signature = signatureHeader(body, WEBHOOK_SECRET)
      return send('POST', '/webhook/post-call', { 'elevenlabs-signature': signature }, body)
    },
    admin: (method, path, body) => send(
      method, path, { authorization: `Bearer ${ADMIN_KEY}` }, body === undefined ? undefined : JSON.stringify(body)
    ),
    get: (path) => send('GET', path, {}),
    close: () => agent.destroy()
  }
}

function parseObject (text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value as Record<string, unknown> : {}
  } catch (error) {
    if (error instanceof SyntaxError) return {}
    throw error
  }
}
