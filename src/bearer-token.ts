/**
 * The token of an `Authorization: Bearer <token>` header, or null. The scheme is matched in any case, as RFC 6750 asks.
 */
export function bearerToken (authorization: string | undefined): string | null {
  return /^Bearer +(.+)$/i.exec(authorization?.trim() ?? '')?.[1] ?? null
}
