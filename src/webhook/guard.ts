/** Decides who may post to the webhooks, by the headers first, so that strangers cannot make us read a body. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Config } from '../../schemas/env.ts'
import { WebhookRefused } from '../errors.ts'
import { bearerToken, isOneOf } from '../secrets.ts'
import { checkSignature, isFresh, parseSignature, type SignatureCheck } from './signature.ts'

/** `open`: no secret is set. `header`: it had the secret. A {@link SignatureCheck} still has to match the body. */
export type Proof = 'open' | 'header' | SignatureCheck

/**
 * `signing` is for signatures, `header` for the static header of the call start. Without header secrets, the signing
 * secrets are used, so that one setting is enough.
 */
export function webhookSecrets (
  { WEBHOOK_SECRET: signing, WEBHOOK_HEADER_SECRET: header }: Pick<Config, 'WEBHOOK_SECRET' | 'WEBHOOK_HEADER_SECRET'>
) {
  return { signing, header: header.length > 0 ? header : signing }
}

/**
 * The proof in a request's headers. ElevenLabs signs call ends; at call start, it can only send a static header.
 *
 * @param acceptsHeader - whether the route accepts a static header
 * @throws {WebhookRefused} names the part that failed, never a secret or the right value
 */
export function examineHeaders (
  headers: IncomingHttpHeaders, secrets: ReturnType<typeof webhookSecrets>, acceptsHeader: boolean, nowSeconds: number
): Proof {
  if ((acceptsHeader ? secrets.header : secrets.signing).length === 0) return 'open'

  const given = acceptsHeader ? staticSecrets(headers) : []
  if (given.some((secret) => isOneOf(secret, secrets.header))) return 'header'

  // Node joins repeated headers with a comma; only injected requests can have a list, which `toString` joins, too.
  const signature = headers['elevenlabs-signature']?.toString()
  if (signature === undefined) throw new WebhookRefused(missingProof(acceptsHeader, given.length > 0))
  const parsed = parseSignature(signature)
  if (parsed === null) {
    throw new WebhookRefused(
      'The header ElevenLabs-Signature is malformed: it must be t=<unix seconds>,v0=<64 hex digits>')
  }
  if (!isFresh(parsed, nowSeconds)) {
    throw new WebhookRefused('The timestamp in ElevenLabs-Signature is more than 30 minutes off: check both clocks')
  }
  return checkSignature(parsed, secrets.signing)
}

/** Whether a request has a static secret, right or wrong. */
export function showsStaticSecret (headers: IncomingHttpHeaders): boolean {
  return staticSecrets(headers).length > 0
}

/** Whether a request has a static secret or a signature, right or wrong. */
export function showsProof (headers: IncomingHttpHeaders): boolean {
  return showsStaticSecret(headers) || headers['elevenlabs-signature'] !== undefined
}

/** The error for a body that does not match its signature. */
export function signatureMismatch (acceptsHeader: boolean): Error {
  return new WebhookRefused(acceptsHeader
    ? 'No signature in ElevenLabs-Signature matches the body: at call start, send the header X-Webhook-Secret instead'
    : 'No signature in ElevenLabs-Signature matches the body: check WEBHOOK_SECRET, and that no proxy changes the body')
}

function missingProof (acceptsHeader: boolean, wasGiven: boolean): string {
  if (!acceptsHeader) return 'The header ElevenLabs-Signature is missing'
  return wasGiven
    ? 'The secret in X-Webhook-Secret or Authorization is wrong: ' +
      'compare it with WEBHOOK_HEADER_SECRET, or with WEBHOOK_SECRET if that is not set'
    : 'The header X-Webhook-Secret is missing'
}

function staticSecrets (headers: IncomingHttpHeaders): string[] {
  const secrets = [headers['x-webhook-secret']?.toString().trim(), bearerToken(headers.authorization)]
  return secrets.flatMap((secret) => secret ? [secret] : [])
}
