/** Parts of a text that are replaced. */

/** From the first to the one behind the last of its characters, in UTF-16 units. */
export interface Span {
  from: number
  to: number
}

/**
 * `text` with each of the spans replaced by `mask`; those that overlap are replaced as one.
 *
 * @param spans - by where they begin
 */
export function maskSpans (text: string, spans: Span[], mask: string): string {
  let masked = ''
  let end = 0
  for (const { from, to } of spans) {
    if (from >= end) masked += text.slice(end, from) + mask
    end = Math.max(end, to)
  }
  return masked + text.slice(end)
}
