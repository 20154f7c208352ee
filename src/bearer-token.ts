/** Null if the header is not `Authorization: Bearer <token>`. The scheme matches in any case, as RFC 6750 demands. */
export function bearerToken (authorization: string | undefined): string | null {
  return /^Bearer +(.+)$/i.exec(authorization?.trim() ?? '')?.[1] ?? null
}
