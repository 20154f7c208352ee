import { RequestInvalid } from '../errors.ts'

/**
 * `since` of a backfill in Unix seconds.
 *
 * @param since - ISO 8601 with a time zone, or Unix seconds already
 * @throws {RequestInvalid} the time does not exist, or is before 1970
 */
export function sinceSeconds (since: string | number): number {
  const seconds = typeof since === 'number' ? since : Math.floor(Date.parse(since) / 1000)
  if (seconds >= 0) return seconds
  throw new RequestInvalid(
    'body/since is not a time that exists: send ISO 8601 with a time zone, such as 2026-11-15T00:00:00Z, ' +
    'or Unix seconds')
}
