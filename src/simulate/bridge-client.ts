/** Talks to a running bridge as ElevenLabs and as the operator do, and measures how long it takes to respond. */
import { fetchJson, type JsonRequest } from '../http-client.ts'
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

const LIMITS = { maxBytes: 4 * 1024 * 1024, responseMs: 30_000, bodyMs: 30_000 }

/** No method rejects because of the bridge. All reject with the signal's reason once it is aborted. */
export function createBridgeClient (
  { url, adminUrl, adminKey, headerSecret, signingSecret }: BridgeAddress, signal: AbortSignal
) {
  async function send (
    address: string, request: Pick<JsonRequest, 'method' | 'body' | 'headers'>, stop = signal
  ): Promise<BridgeResponse> {
    const began = performance.now()
    const response = await fetchJson(address, { ...request, ...LIMITS, signal: stop })
    const ms = Math.round(performance.now() - began)
    if ('fault' in response) return { status: 0, json: { message: response.fault }, ms }
    return { status: response.status, json: isFields(response.body) ? response.body : {}, ms }
  }

  return {
    async startCall (call: PhoneCall) {
      const headers = headersOf('x-webhook-secret', headerSecret)
      return await send(`${url}/webhook/personalize`, { method: 'POST', body: ringBody(call), headers })
    },

    /** @param secret - to sign with; default: the right one */
    async endCall (call: PhoneCall, report: Partial<Report> = {}, secret = signingSecret) {
      const text = postCallBody(call, report)
      const signature = secret === null ? null : signatureHeader(text, secret)
      const headers = headersOf('elevenlabs-signature', signature)
      // Parsing and stringifying gives the same text, so the signature stays right.
      const body = JSON.parse(text) as object
      return await send(`${url}/webhook/post-call`, { method: 'POST', body, headers })
    },

    /** @param token - the variable `secret__caller_token` of the call start */
    async callTool (tool: string, body: object, token: string, conversationId: string) {
      const headers = { [TOKEN_HEADER]: token, [CONVERSATION_HEADER]: conversationId }
      return await send(`${url}/tools/${encodeURIComponent(tool)}`, { method: 'POST', body, headers })
    },

    /** @param stop - in place of the client's own signal */
    async admin (method: JsonRequest['method'], path: string, body?: object, stop?: AbortSignal) {
      return await send(adminUrl + path, { method, body, headers: { authorization: `Bearer ${adminKey}` } }, stop)
    }
  }
}

function headersOf (name: string, value: string | null): Record<string, string> {
  return value === null ? {} : { [name]: value }
}
