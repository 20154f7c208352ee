/** In UTF-16 units; `to` is exclusive. */
export interface Span {
  from: number
  to: number
}

/** @param spans - sorted by `from`; those that overlap are replaced as one */
export function maskSpans (text: string, spans: Span[], mask: string): string {
  let masked = ''
  let end = 0
  for (const { from, to } of spans) {
    if (from >= end) masked += text.slice(end, from) + mask
    end = Math.max(end, to)
  }
  return masked + text.slice(end)
}
