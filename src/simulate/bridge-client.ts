/** Talks to a running bridge as ElevenLabs and as the operator do, and measures how long it takes to respond. */
import { fetchJson } from '../http-client.ts'
import { isFields, type Fields } from '../json.ts'
import { CONVERSATION_HEADER, TOKEN_HEADER } from '../tools/definitions.ts'
import { postCallBody, ringBody, signatureHeader, type PhoneCall, type Report } from './elevenlabs.ts'

export interface BridgeAddress {
  /** For the webhooks and tools. */
  url: string
  /** For the admin API. */
  adminUrl: string
  adminKey: string
  /** Null while the webhook is open. */
  headerSecret: string | null
  signingSecret: string | null
}

export interface BridgeResponse {
  /** 0 when there was none; `json` then has only a `message`. */
  status: number
  /** Empty unless the response is a JSON object. */
  json: Fields
  ms: number
}

export type BridgeClient = ReturnType<typeof createBridgeClient>

const TIMEOUT_MS = 30_000
const MAX_BYTES = 4 * 1024 * 1024

/** No method rejects because of the bridge. All reject with the signal's reason once it is aborted. */
export function createBridgeClient (
  { url, adminUrl, adminKey, headerSecret, signingSecret }: BridgeAddress, signal: AbortSignal
) {
  async function send (
    method: 'GET' | 'POST' | 'DELETE' | 'PATCH', address: string, body: object | undefined, headers: Headers,
    stop = signal
  ): Promise<BridgeResponse> {
    const began = performance.now()
    const limits = { maxBytes: MAX_BYTES, responseMs: TIMEOUT_MS, bodyMs: TIMEOUT_MS }
    const response = await fetchJson(address, { method, headers, body, ...limits, signal: stop })
    const ms = Math.round(performance.now() - began)
    if ('fault' in response) return { status: 0, json: { message: response.fault }, ms }
    return { status: response.status, json: isFields(response.body) ? response.body : {}, ms }
  }

  return {
    startCall: async (call: PhoneCall) =>
      await send('POST', `${url}/webhook/personalize`, ringBody(call), headersOf('x-webhook-secret', headerSecret)),

    /** @param secret - to sign with; default: the right one */
    async endCall (call: PhoneCall, nowSeconds: number, report: Partial<Report> = {}, secret = signingSecret) {
      const body = postCallBody(call, nowSeconds, report)
      const signature = secret === null ? null : signatureHeader(body, secret, nowSeconds)
      // Parsing and stringifying gives the same text, so the signature stays right.
      return await send('POST', `${url}/webhook/post-call`, JSON.parse(body) as object,
        headersOf('elevenlabs-signature', signature))
    },

    /** @param token - the variable `secret__caller_token` of the call start */
    async callTool (tool: string, body: object, token: string, conversationId: string) {
      const headers = new Headers({ [TOKEN_HEADER]: token, [CONVERSATION_HEADER]: conversationId })
      return await send('POST', `${url}/tools/${encodeURIComponent(tool)}`, body, headers)
    },

    /** @param stop - in place of the client's own signal */
    admin: async (method: 'GET' | 'POST' | 'DELETE' | 'PATCH', path: string, body?: object, stop?: AbortSignal) =>
      await send(method, adminUrl + path, body, headersOf('authorization', `Bearer ${adminKey}`), stop)
  }
}

function headersOf (name: string, value: string | null): Headers {
  return new Headers(value === null ? {} : { [name]: value })
}
