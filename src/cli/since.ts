/** How far back, as it is written after `--since`. */

const SECONDS: Record<string, number> = { h: 60 * 60, d: 24 * 60 * 60 }

/** A day, in UTC, or a moment with a time zone. */
const ISO_8601 = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/

/**
 * Unix seconds for `7d`, `12h`, `2026-11-15` or `2026-11-15T09:00:00Z`. Null when it cannot be read, is no time that
 * exists, or lies ahead of `now` or before 1970.
 */
export function readSince (text: string, now: Date): number | null {
  const nowSeconds = Math.floor(now.getTime() / 1000)
  const [, number, unit = ''] = /^(\d{1,5})([hd])$/.exec(text) ?? []
  const seconds = number === undefined
    ? Math.floor(Date.parse(ISO_8601.test(text) ? text : '') / 1000)
    : nowSeconds - Number(number) * SECONDS[unit]!
  return seconds >= 0 && seconds <= nowSeconds ? seconds : null
}
