/** One connection to the bridge, one request at a time. Distinguishes a response from a broken connection. */
import { Agent, request } from 'node:http'
import { isFields, parseJson, type Fields } from '../../src/json.ts'
import { nowSeconds, postCallBody, ringBody, signatureHeader, type PhoneCall } from '../../src/simulate/elevenlabs.ts'
import { ADMIN_KEY, WEBHOOK_SECRET } from '../bridge.ts'

export interface ApiResponse {
  status: number
  /** Empty if the body is not a JSON object. */
  json: Fields
}

export interface NoResponse {
  status: null
  code: string
  /** Nothing was listening, so the request was not sent. */
  isRefused: boolean
  /** The connection had carried a response before, so the bridge had certainly accepted it. */
  wasOpen: boolean
}

export type Api = ReturnType<typeof connectTo>

/** Longer than any deadline of the bridge. */
const TIMEOUT_MS = 20_000

/** The call length in `postCallBody`. The webhook is dated this much later, so that its call starts now. */
const CALL_SECONDS = 42

export function connectTo (url: string) {
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
        response.on('end', () => {
          const json = parseJson(text)
          resolve({ status: response.statusCode!, json: isFields(json) ? json : {} })
        })
      })
      outgoing.end(body)
    })
  }

  return {
    callStart: (call: PhoneCall) =>
      send('POST', '/webhook/personalize', { 'x-webhook-secret': WEBHOOK_SECRET }, JSON.stringify(ringBody(call))),
    callEnd (call: PhoneCall) {
      const body = postCallBody(call, {}, nowSeconds() + CALL_SECONDS)
      const signature = signatureHeader(body, WEBHOOK_SECRET)
      return send('POST', '/webhook/post-call', { 'elevenlabs-signature': signature }, body)
    },
    admin: (method: string, path: string, body?: unknown) => send(
      method, path, { authorization: `Bearer ${ADMIN_KEY}` }, body === undefined ? undefined : JSON.stringify(body)
    ),
    get: (path: string) => send('GET', path, {}),
    close: () => agent.destroy()
  }
}
