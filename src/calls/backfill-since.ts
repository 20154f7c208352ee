/** From when on calls are fetched, as an operator writes it. */
import { RequestInvalid } from '../errors.ts'

/**
 * Unix seconds.
 *
 * @param since - ISO 8601 with a time zone, or Unix seconds already
 * @throws {RequestInvalid} it is no time that exists, or lies before 1970
 */
export function sinceSeconds (since: string | number): number {
  const seconds = typeof since === 'number' ? since : Math.floor(Date.parse(since) / 1000)
  if (seconds >= 0) return seconds
  throw new RequestInvalid('body/since is no time that exists: give ISO 8601 with a time zone, such as 2026-11-15T00:00:00Z, or Unix seconds')
}
