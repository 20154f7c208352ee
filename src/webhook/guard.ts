/** Who may post to the webhooks: judged by the headers first, so that nobody else makes us read a body. */
import { bearerToken } from '../bearer-token.ts'
import { isOneOf } from '../constant-time.ts'
import { WebhookRefused } from '../errors.ts'
import { checkSignature, isFresh, parseSignature, type SignatureCheck } from './signature.ts'

export interface WebhookSecrets {
  /** For signatures. */
  signing: readonly string[]
  /** For the static header at ring. */
  header: readonly string[]
}

/** The headers that prove something; Node gives them in lower case. */
export interface ProofHeaders {
  'elevenlabs-signature'?: string | string[] | undefined
  'x-webhook-secret'?: string | string[] | undefined
  authorization?: string | undefined
}

/** A pass, or a signature that the body has yet to match. */
export type Proof = 'open' | 'header' | SignatureCheck

/** Header secrets fall back to the signing ones, so that one setting is enough. */
export function webhookSecrets (config: { WEBHOOK_SECRET: readonly string[], WEBHOOK_HEADER_SECRET: readonly string[] }): WebhookSecrets {
  const { WEBHOOK_SECRET: signing, WEBHOOK_HEADER_SECRET: header } = config
  return { signing, header: header.length > 0 ? header : signing }
}

/**
 * The proof in a request's headers.
 *
 * ElevenLabs signs post-call webhooks and can send only a static header at ring.
 *
 * @param acceptsHeader - whether the route takes a static header
 * @throws {WebhookRefused} naming the part that failed, never a secret or the right value
 */
export function examineHeaders (
  headers: ProofHeaders, secrets: WebhookSecrets, acceptsHeader: boolean, nowSeconds: number
): Proof {
  if ((acceptsHeader ? secrets.header : secrets.signing).length === 0) return 'open'

  const given = acceptsHeader ? staticSecrets(headers) : []
  if (given.some((secret) => isOneOf(secret, secrets.header))) return 'header'

  const signature = single(headers['elevenlabs-signature'])
  if (signature === undefined) throw new WebhookRefused(missingProof(acceptsHeader, given.length > 0))
  const parsed = parseSignature(signature)
  if (parsed === null) throw new WebhookRefused('The header ElevenLabs-Signature is malformed: it has to be t=<unix seconds>,v0=<64 hex digits>')
  if (!isFresh(parsed, nowSeconds)) throw new WebhookRefused('The timestamp in ElevenLabs-Signature is more than 30 minutes off: check both clocks')
  return checkSignature(parsed, secrets.signing)
}

/** Whether a request shows a static secret, right or wrong. */
export function showsStaticSecret (headers: ProofHeaders): boolean {
  return staticSecrets(headers).length > 0
}

/** The refusal when a body does not match its signature. */
export function signatureMismatch (acceptsHeader: boolean): Error {
  return new WebhookRefused(acceptsHeader
    ? 'No signature in ElevenLabs-Signature matches the body; at ring ElevenLabs sends a static header instead: X-Webhook-Secret'
    : 'No signature in ElevenLabs-Signature matches the body: check WEBHOOK_SECRET, and that no proxy changes the body')
}

function missingProof (acceptsHeader: boolean, wasGiven: boolean): string {
  if (!acceptsHeader) return 'The header ElevenLabs-Signature is missing'
  return wasGiven
    ? 'The secret in X-Webhook-Secret or Authorization is not the right one'
    : 'The header X-Webhook-Secret is missing'
}

function staticSecrets (headers: ProofHeaders): string[] {
  const secrets = [single(headers['x-webhook-secret'])?.trim(), bearerToken(headers.authorization)]
  return secrets.flatMap((secret) => secret ? [secret] : [])
}

/** Node joins repeated headers with a comma; a list can only come from a test. */
function single (value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(',') : value
}
