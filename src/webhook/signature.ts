/**
 * The ElevenLabs webhook signature: `t=<unix seconds>,v0=<hex>`, HMAC-SHA-256 over `<t>.<raw body>`.
 *
 * @see https://elevenlabs.io/docs/eleven-api/resources/webhooks
 * @see elevenlabs-js src/wrapper/webhooks.ts, which fixes the scheme; it refuses only old timestamps and
 *   compares with `!==`, this one closes the window on both sides and compares in constant time
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

/** How far the timestamp may be from now, either way: 30 minutes, as in the vendor's own helper. */
export const TOLERANCE_SECONDS = 30 * 60

/** The two parts of a well-formed signature header. */
export interface Signature {
  /** Unix seconds, as sent. */
  timestamp: string
  /** Candidate digests, 32 bytes each; one match is enough, so that keys can rotate. */
  digests: Buffer[]
}

/** A running signature check: fed with the body as it arrives, asked once at the end. */
export interface SignatureCheck {
  update (chunk: Buffer): void
  /** Whether any secret and any digest agree on what was fed. Call it once. */
  matches (): boolean
}

/**
 * The parts of an `ElevenLabs-Signature` header, or null when it is malformed: no or two `t`, a `t` that is
 * no integer, or no `v0` of 64 lower-case hex digits. Unknown schemes (`v1=…`) are passed over.
 */
export function parseSignature (header: string): Signature | null {
  const parts = header.split(',').map((part) => part.trim())
  const timestamps = parts.filter((part) => part.startsWith('t=')).map((part) => part.slice(2))
  const digests = parts.filter((part) => /^v0=[0-9a-f]{64}$/.test(part)).map((part) => Buffer.from(part.slice(3), 'hex'))
  const timestamp = timestamps[0]
  if (timestamp === undefined || timestamps.length > 1 || digests.length === 0) return null
  return /^\d{1,12}$/.test(timestamp) ? { timestamp, digests } : null
}

/** Whether the signature was made within {@link TOLERANCE_SECONDS} of `nowSeconds`, before or after. */
export function isFresh (signature: Signature, nowSeconds: number): boolean {
  return Math.abs(nowSeconds - Number(signature.timestamp)) <= TOLERANCE_SECONDS
}

/**
 * Starts checking a signature against each of `secrets`. Memory use does not grow with the body.
 *
 * @param secrets - the webhook secrets in use; with none nothing matches
 */
export function checkSignature (signature: Signature, secrets: readonly string[]): SignatureCheck {
  const hmacs = secrets.map((secret) => createHmac('sha256', secret).update(`${signature.timestamp}.`))
  return {
    update: (chunk) => hmacs.forEach((hmac) => hmac.update(chunk)),
    matches: () => hmacs
      .map((hmac) => hmac.digest())
      .some((expected) => signature.digests.some((digest) => timingSafeEqual(expected, digest)))
  }
}
