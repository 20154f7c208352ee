import { InvalidArgumentError } from 'commander'

const SECONDS: Record<string, number> = { h: 60 * 60, d: 24 * 60 * 60 }

/** A date, in UTC, or a time with a time zone. */
const ISO_8601 = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/

/**
 * Reads `--since`: Unix seconds for `7d`, `12h`, `2026-11-15` or `2026-11-15T09:00:00Z`.
 *
 * @throws {InvalidArgumentError} it cannot be read, or the time does not exist, is in the future or before 1970
 */
export function readSince (text: string, now: Date): number {
  const nowSeconds = Math.floor(now.getTime() / 1000)
  const [, number, unit = ''] = /^(\d{1,5})([hd])$/.exec(text) ?? []
  const seconds = number === undefined
    ? Math.floor(Date.parse(ISO_8601.test(text) ? text : '') / 1000)
    : nowSeconds - Number(number) * SECONDS[unit]!
  if (seconds >= 0 && seconds <= nowSeconds) return seconds
  throw new InvalidArgumentError(
    'It must look like 7d, 12h, 2026-11-15 or 2026-11-15T09:00:00Z, and not be in the future.')
}
