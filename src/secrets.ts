import { hash, timingSafeEqual } from 'node:crypto'

/** Null if the header is not `Authorization: Bearer <token>`. The scheme matches in any case, as RFC 6750 demands. */
export function bearerToken (authorization: string | undefined): string | null {
  return /^Bearer +(.+)$/i.exec(authorization?.trim() ?? '')?.[1] ?? null
}

/** Compares secrets in constant time. Compares digests, because `timingSafeEqual` needs equal lengths. */
export function isOneOf (given: string, secrets: readonly string[]): boolean {
  const digest = sha256(given)
  return secrets.map((secret) => timingSafeEqual(sha256(secret), digest)).includes(true)
}

/** Tells which of our secrets somebody has, without telling it: enough for random secrets, not for weak ones. */
export function fingerprint (secret: string): string {
  return hash('sha256', secret).slice(0, 12)
}

function sha256 (text: string): Buffer {
  return hash('sha256', text, 'buffer')
}
