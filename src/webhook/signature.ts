/**
 * The ElevenLabs webhook signature: `t=<unix seconds>,v0=<hex>`, HMAC-SHA-256 over `<t>.<raw body>`.
 *
 * @see https://elevenlabs.io/docs/eleven-api/resources/webhooks
 * @see elevenlabs-js src/wrapper/webhooks.ts, which defines the scheme. It refuses only old timestamps and compares
 *   with `!==`; this module also refuses future timestamps, and compares in constant time
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

/** Before or after now; 30 minutes, as in the vendor's own helper. */
export const TOLERANCE_SECONDS = 30 * 60

export interface Signature {
  /** Unix seconds, as sent. */
  timestamp: string
  /** 32 bytes each. One match is enough, so that keys can rotate. */
  digests: Buffer[]
}

export type SignatureCheck = ReturnType<typeof checkSignature>

/**
 * Null if the `ElevenLabs-Signature` header is malformed: no `t` or two, a `t` that is not an integer, or no `v0` of 64
 * lower-case hex digits. Unknown schemes (`v1=…`) are skipped.
 */
export function parseSignature (header: string): Signature | null {
  const parts = header.split(',').map((part) => part.trim())
  const timestamps = parts.filter((part) => part.startsWith('t=')).map((part) => part.slice(2))
  const digests = parts.filter((part) => /^v0=[0-9a-f]{64}$/.test(part)).map((part) => Buffer.from(part.slice(3), 'hex'))
  const timestamp = timestamps[0]
  if (timestamp === undefined || timestamps.length > 1 || digests.length === 0) return null
  return /^\d{1,12}$/.test(timestamp) ? { timestamp, digests } : null
}

export function isFresh (signature: Signature, nowSeconds: number): boolean {
  return Math.abs(nowSeconds - Number(signature.timestamp)) <= TOLERANCE_SECONDS
}

/** Checks a body of any size in constant memory. Without `secrets`, nothing matches. */
export function checkSignature (signature: Signature, secrets: readonly string[]) {
  const hmacs = secrets.map((secret) => createHmac('sha256', secret).update(`${signature.timestamp}.`))
  return {
    update: (chunk: Buffer) => hmacs.forEach((hmac) => hmac.update(chunk)),
    /** Whether any secret produces any of the digests. Call it once, at the end of the body. */
    matches: () => hmacs
      .map((hmac) => hmac.digest())
      .some((expected) => signature.digests.some((digest) => timingSafeEqual(expected, digest)))
  }
}
