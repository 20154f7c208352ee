/** One connection to the bridge, with one request at a time, that tells an answer from a connection that broke. */
import { Agent, request } from 'node:http'
import { ringBody, postCallBody, signatureHeader, type DemoCall } from '../../src/demo/elevenlabs.ts'
import { ADMIN_KEY, WEBHOOK_SECRET } from '../bridge.ts'

export interface Answer {
  status: number
  /** Empty when the body is no JSON object. */
  json: Record<string, unknown>
}

/** Why there is no answer. */
export interface NoAnswer {
  status: null
  code: string
  /** Nobody listened: the request was not even sent. */
  isRefused: boolean
  /** The connection had answered a request before: the bridge had certainly accepted it. */
  wasOpen: boolean
}

export interface Api {
  ring (call: DemoCall): Promise<Answer | NoAnswer>
  /** The signed report of a call that begins now. */
  postCall (call: DemoCall): Promise<Answer | NoAnswer>
  admin (method: string, path: string, body?: unknown): Promise<Answer | NoAnswer>
  get (path: string): Promise<Answer | NoAnswer>
  close (): void
}

/** Longer than any deadline of the bridge. */
const TIMEOUT_MS = 20_000

/** What `postCallBody` takes for the length of a call, in seconds: the report is dated so that the call begins now. */
const CALL_SECONDS = 42

export function connectTo (url: string): Api {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })

  function send (method: string, path: string, headers: Record<string, string>, body?: string): Promise<Answer | NoAnswer> {
    return new Promise((resolve) => {
      const outgoing = request(`${url}${path}`, {
        method,
        agent,
        timeout: TIMEOUT_MS,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }) }
      })
      const fail = (error: NodeJS.ErrnoException) => resolve({
        status: null, code: error.code ?? error.message, isRefused: error.code === 'ECONNREFUSED', wasOpen: outgoing.reusedSocket
      })
      outgoing.on('timeout', () => outgoing.destroy(new Error('no answer in time')))
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
    ring: (call) => send('POST', '/webhook/personalize', { 'x-webhook-secret': WEBHOOK_SECRET }, JSON.stringify(ringBody(call))),
    postCall (call) {
      const nowSeconds = Math.floor(Date.now() / 1000)
      const body = postCallBody(call, nowSeconds + CALL_SECONDS)
      return send('POST', '/webhook/post-call', { 'elevenlabs-signature': signatureHeader(body, WEBHOOK_SECRET, nowSeconds) }, body)
    },
    admin: (method, path, body) => send(method, path, { authorization: `Bearer ${ADMIN_KEY}` }, body === undefined ? undefined : JSON.stringify(body)),
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
