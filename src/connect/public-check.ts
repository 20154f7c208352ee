/** Whether the public address leads to this very bridge, and whether it has the secrets that ElevenLabs will use. */
import { fetchJson, HttpFault } from '../http-client.ts'
import { isFields, textOf } from '../json.ts'
import { signatureHeader } from '../simulate/elevenlabs.ts'
import { PROBE_AGENT } from '../status/call-watch.ts'

export interface PublicCheck {
  /** PUBLIC_BASE_URL without a slash at the end. */
  url: string
  bridgeId: string
  headerSecret: string
  webhookSecret: string
  nowSeconds: number
}

/** `restart`: it is the bridge, and it does not have the secrets of its settings file yet. */
export type PublicState = { state: 'ready' } | { state: 'elsewhere' | 'restart', reason: string }

const LIMITS = { maxBytes: 64 * 1024, responseMs: 5000, bodyMs: 5000 }

/** Neither webhook takes a list, so nothing is stored or counted; the secret is looked at first. */
const PROBE: object = []

export async function checkPublic (check: PublicCheck, signal: AbortSignal): Promise<PublicState> {
  const { url, bridgeId, headerSecret, webhookSecret, nowSeconds } = check
  try {
    const health = await request('GET', '/health')
    const id = bridgeIdOf(health.body)
    if (id !== bridgeId) return { state: 'elsewhere', reason: elsewhere(health.status, id) }

    const signature = signatureHeader(JSON.stringify(PROBE), webhookSecret, nowSeconds)
    const callEnd = await request('POST', '/webhook/post-call', { 'elevenlabs-signature': signature })
    if (callEnd.status !== 400) return refused(callEnd.status, '/webhook/post-call', 'WEBHOOK_SECRET')
    // Without a secret it would take anything.
    const unsigned = await request('POST', '/webhook/post-call')
    if (unsigned.status !== 401) return refused(401, '/webhook/post-call', 'WEBHOOK_SECRET')
    const callStart = await request('POST', '/webhook/personalize', { 'x-webhook-secret': headerSecret })
    if (callStart.status !== 400) return refused(callStart.status, '/webhook/personalize', 'WEBHOOK_HEADER_SECRET')
    return { state: 'ready' }
  } catch (error) {
    if (!(error instanceof HttpFault)) throw error
    return { state: 'elsewhere', reason: `${url} cannot be reached: ${error.message}` }
  }

  async function request (method: 'GET' | 'POST', path: string, headers: Record<string, string> = {}) {
    const body = method === 'POST' ? PROBE : undefined
    const all = new Headers({ 'user-agent': PROBE_AGENT, ...headers })
    return await fetchJson(url + path, { ...LIMITS, method, headers: all, body, signal })
  }

  function elsewhere (status: number, id: string | null): string {
    if (id !== null) return `${url} is another bridge`
    return `${url}/health responds with ${status} and is not this bridge: check PUBLIC_BASE_URL and the proxy`
  }
}

function refused (status: number, path: string, setting: string): PublicState {
  if (status === 401) return { state: 'restart', reason: `the bridge does not have the ${setting} of its settings yet` }
  return { state: 'elsewhere', reason: `${path} responds with ${status}: the proxy has to let it through unchanged` }
}

/** What `GET /health` says; null if it is no bridge, or an older one, or could not read its storage yet. */
export function bridgeIdOf (health: unknown): string | null {
  return isFields(health) ? textOf(health, 'bridge_id') : null
}
