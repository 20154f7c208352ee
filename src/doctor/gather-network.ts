/** Gathers facts over the network, for `doctor`: the bridge here, its public address, the models. Changes nothing. */
import { once } from 'node:events'
import { isIP } from 'node:net'
import { connect } from 'node:tls'
import type { Config } from '../../schemas/env.ts'
import type { Made } from '../../schemas/connection.ts'
import type { Status } from '../../schemas/status.ts'
import { probeWebhooks, readHealth, type PublicState } from '../connect/public-check.ts'
import { fetchJson, withoutTrailingSlashes } from '../http-client.ts'
import { isFields, textOf } from '../json.ts'
import { askModelApi } from '../model-api.ts'
import { DAY_MS } from '../time.ts'
import { webhookSecrets } from '../webhook/guard.ts'
import type { PingResult } from './model-check.ts'

export type PublicFacts = Awaited<ReturnType<typeof gatherPublic>>

type PublicConfig =
  Pick<Config, 'PUBLIC_BASE_URL' | 'ELEVENLABS_API_BASE_URL' | 'WEBHOOK_SECRET' | 'WEBHOOK_HEADER_SECRET'>

const LIMITS = { maxBytes: 1024 * 1024, responseMs: 5000, bodyMs: 5000 }

/**
 * `made` is what `connect` made at ElevenLabs. What the bridge does not say is null, or empty.
 *
 * @param url - of the bridge on this machine
 */
export async function gatherBridge (url: string, adminKey: string | undefined, signal: AbortSignal) {
  const health = await readHealth(url, signal)
  if ('fault' in health) return { status: null, bridgeId: null, made: [] }
  const { bridgeId } = health
  const refused = (reason: string) => ({ status: { refused: reason }, bridgeId, made: [] })
  if (adminKey === undefined) return refused('ADMIN_API_KEY is not set.')
  const headers = { authorization: `Bearer ${adminKey}` }
  const ask = (path: string) => fetchJson(url + path, { ...LIMITS, method: 'GET', headers, signal })
  const answer = await ask('/api/status')
  if ('fault' in answer) return refused(answer.fault)
  const { status, body } = answer
  const isStatus = status === 200 && isFields(body) && isFields(body['calls']) && Array.isArray(body['warnings'])
  if (!isStatus) {
    const message = isFields(body) ? textOf(body, 'message', 500) : null
    return refused(message ?? `it responds with ${status}; it may be an older one.`)
  }
  const connection = await ask('/api/connection')
  const isConnection = 'body' in connection && isFields(connection.body) && Array.isArray(connection.body['made'])
  return { status: body as Status, bridgeId, made: isConnection ? (connection.body as { made: Made[] }).made : [] }
}

/** @param local - the bridge on this machine */
export async function gatherPublic (
  config: PublicConfig, local: { url: string, bridgeId: string | null }, now: Date, signal: AbortSignal
) {
  const { bridgeId } = local
  const url = withoutTrailingSlashes(config.PUBLIC_BASE_URL)
  const [health, certificateDays, clockAheadSecs] = await Promise.all([
    readHealth(url, signal), daysOf(url, now), secondsAhead(config.ELEVENLABS_API_BASE_URL, signal)
  ])
  const isHere = 'bridgeId' in health && health.bridgeId === bridgeId
  const webhooks = bridgeId === null ? null : await probe(config, isHere ? url : local.url, signal)
  return {
    /** PUBLIC_BASE_URL without a slash at the end. */
    url,
    /** What GET /health there says, or why there is no response. */
    health,
    /** Of the bridge on this machine; null if it is not known. */
    bridgeId,
    /** Whether the webhooks take the secrets of these settings; null if that was not tried. */
    webhooks,
    certificateDays,
    clockAheadSecs
  }
}

/** Null while a webhook is open. */
async function probe (config: PublicConfig, url: string, signal: AbortSignal): Promise<PublicState | null> {
  const { header: [headerSecret], signing: [webhookSecret] } = webhookSecrets(config)
  if (headerSecret === undefined || webhookSecret === undefined) return null
  return await probeWebhooks({ url, headerSecret, webhookSecret }, signal)
}

/** Asks the model that learns for one word. */
export async function pingLearningModel (
  config: Pick<Config, 'OPENCLAW_API_BASE_URL' | 'OPENCLAW_API_KEY' | 'OPENCLAW_MODEL' | 'LEARN_TIMEOUT_MS'>,
  signal: AbortSignal
): Promise<PingResult> {
  const { OPENCLAW_API_BASE_URL: baseUrl, OPENCLAW_API_KEY: apiKey, OPENCLAW_MODEL: model } = config
  const body = { model, max_tokens: 1, messages: [{ role: 'user', content: 'Say ok.' }] }
  return await timed(askModelApi({ baseUrl, apiKey }, '/chat/completions', {
    maxBytes: LIMITS.maxBytes, responseMs: config.LEARN_TIMEOUT_MS, body, signal
  }))
}

/** Asks for the vector of one word. Null without EMBEDDINGS_MODEL. */
export async function pingEmbeddingsModel (
  config: Pick<Config, 'OPENCLAW_API_BASE_URL' | 'OPENCLAW_API_KEY' | 'EMBEDDINGS_MODEL'>, signal: AbortSignal
): Promise<PingResult | null> {
  const { OPENCLAW_API_BASE_URL: baseUrl, OPENCLAW_API_KEY: apiKey, EMBEDDINGS_MODEL: model } = config
  if (model === undefined) return null
  const body = { model, input: ['ok'] }
  return await timed(askModelApi({ baseUrl, apiKey }, '/embeddings', { ...LIMITS, body, signal }))
}

/** Without a key: only whether there is a server that knows the path. */
export async function reachAgentModel (url: string, signal: AbortSignal): Promise<PingResult> {
  if (!URL.canParse(url)) return { fault: 'its address is none' }
  const body = { model: '', messages: [] }
  return await timed(fetchJson(`${withoutTrailingSlashes(url)}/chat/completions`, {
    ...LIMITS, method: 'POST', body, signal
  }))
}

async function timed (request: ReturnType<typeof fetchJson>): Promise<PingResult> {
  const began = performance.now()
  const answer = await request
  return 'fault' in answer ? answer : { status: answer.status, ms: Math.round(performance.now() - began) }
}

/** Until the certificate ends; null without TLS, and if there is none to read. */
async function daysOf (url: string, now: Date): Promise<number | null> {
  const { protocol, hostname, port } = new URL(url)
  if (protocol !== 'https:') return null
  const host = hostname.replace(/^\[|\]$/g, '')
  // Only the dates are read: whether the certificate is valid shows in the request.
  const socket = connect({
    host, port: Number(port || 443), servername: isIP(host) === 0 ? host : '', rejectUnauthorized: false
  })
  socket.setTimeout(LIMITS.responseMs, () => socket.destroy(new Error('it took too long')))
  try {
    await once(socket, 'secureConnect')
    const ends = Date.parse(socket.getPeerCertificate().valid_to)
    return Number.isNaN(ends) ? null : (ends - now.getTime()) / DAY_MS
  } catch {
    // The request says why there is no connection.
    return null
  } finally {
    socket.destroy()
  }
}

/** How far our clock is ahead of a server's; null if it does not say. */
async function secondsAhead (url: string, signal: AbortSignal): Promise<number | null> {
  const began = Date.now()
  try {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(LIMITS.responseMs)])
    const response = await fetch(url, { method: 'HEAD', redirect: 'manual', signal: limited })
    const theirs = Date.parse(response.headers.get('date') ?? '')
    // The header has no parts of a second.
    return Number.isNaN(theirs) ? null : ((began + Date.now()) / 2 - theirs - 500) / 1000
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof TypeError || error instanceof DOMException)) throw error
    return null
  }
}
