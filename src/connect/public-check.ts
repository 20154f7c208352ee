/** Whether the public address leads to this very bridge, and whether it has the secrets that ElevenLabs will use. */
import { fetchJson } from '../http-client.ts'
import { isFields, textOf } from '../json.ts'
import { signatureHeader } from '../simulate/elevenlabs.ts'
import { PROBE_AGENT } from '../status/call-watch.ts'

export interface WebhookCheck {
  /** Without a slash at the end. */
  url: string
  headerSecret: string
  webhookSecret: string
}

/** `restart`: it is the bridge, and it does not have the secrets of its settings file yet. */
export type PublicState = { state: 'ready' } | { state: 'elsewhere' | 'restart', reason: string }

const LIMITS = { maxBytes: 64 * 1024, responseMs: 5000, bodyMs: 5000 }

/** Neither webhook takes a list, so nothing is stored or counted; the secret is looked at first. */
const PROBE: object = []

/** What `GET /health` says; the id is null if it is no bridge, or an older one, or could not read its storage yet. */
export type Health = { status: number, bridgeId: string | null } | { fault: string }

export async function checkPublic (bridgeId: string, check: WebhookCheck, signal: AbortSignal): Promise<PublicState> {
  const { url } = check
  const health = await readHealth(url, signal)
  if ('fault' in health) return unreachable(url, health.fault)
  if (health.bridgeId === bridgeId) return await probeWebhooks(check, signal)
  return {
    state: 'elsewhere',
    reason: health.bridgeId === null
      ? `${url}/health responds with ${health.status} and is not this bridge: check PUBLIC_BASE_URL and the proxy`
      : `${url} is another bridge`
  }
}

/** @param url - without a slash at the end */
export async function readHealth (url: string, signal: AbortSignal): Promise<Health> {
  const answer = await fetchJson(`${url}/health`, { ...LIMITS, method: 'GET', signal })
  if ('fault' in answer) return answer
  const { status, body } = answer
  return { status, bridgeId: isFields(body) ? textOf(body, 'bridge_id') : null }
}

/** Whether the webhooks at an address that leads to the bridge take the secrets, and nothing else. */
export async function probeWebhooks (
  { url, headerSecret, webhookSecret }: WebhookCheck, signal: AbortSignal
): Promise<PublicState> {
  const signature = signatureHeader(JSON.stringify(PROBE), webhookSecret)
  const probes = [
    { path: '/webhook/post-call', proof: { 'elevenlabs-signature': signature }, setting: 'WEBHOOK_SECRET' },
    // Without a secret it would take anything.
    { path: '/webhook/post-call', proof: null, setting: 'WEBHOOK_SECRET' },
    { path: '/webhook/personalize', proof: { 'x-webhook-secret': headerSecret }, setting: 'WEBHOOK_HEADER_SECRET' }
  ]
  for (const { path, proof, setting } of probes) {
    const headers = { 'user-agent': PROBE_AGENT, ...proof }
    const answer = await fetchJson(url + path, { ...LIMITS, method: 'POST', headers, body: PROBE, signal })
    if ('fault' in answer) return unreachable(url, answer.fault)
    const { status } = answer
    if (status === (proof === null ? 401 : 400)) continue
    if (status === 401 || proof === null) {
      return { state: 'restart', reason: `the bridge does not have the ${setting} of its settings yet` }
    }
    return { state: 'elsewhere', reason: `${path} responds with ${status}: the proxy has to let it through unchanged` }
  }
  return { state: 'ready' }
}

function unreachable (url: string, fault: string): PublicState {
  return { state: 'elsewhere', reason: `${url} cannot be reached: ${fault}` }
}
