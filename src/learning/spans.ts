/** In UTF-16 units; `to` is exclusive. */
export interface Span {
  from: number
  to: number
}

/**
 * Replaces each span by `mask`; spans that overlap are replaced as one.
 *
 * @param spans - sorted by `from`
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
