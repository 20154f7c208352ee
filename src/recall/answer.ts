/** What the agent is told: the best of what was found, a line each. */
import { calendarDate } from '../prompt/dates.ts'
import { repeatKey } from '../prompt/memory-block.ts'
import { defuse } from '../prompt/untrusted.ts'
import type { RecallItem, RecallKind } from './items.ts'
import type { RankedItem } from './ranking.ts'

export interface RecallAnswer {
  /** A line for each item, best first; empty if nothing fits. */
  text: string
  items: RecallItem[]
}

/** Of one item. */
const MAX_CHARS = 400
/** When so many did not fit, the rest is not tried. */
const MAX_MISSES = 10

const LABELS: Record<RecallKind, string> = {
  fact: 'fact', open_item: 'still open', note: 'note', summary: 'summary of the call', turn: 'said'
}

/** Skips what does not fit into `maxBytes` of UTF-8, and repeats. @param timeZone - IANA name, for dates */
export function fitAnswer (ranked: readonly RankedItem[], maxBytes: number, timeZone: string): RecallAnswer {
  const lines: string[] = []
  const items: RecallItem[] = []
  const seen = new Set<string>()
  let left = maxBytes
  let misses = 0
  for (const { item } of ranked) {
    if (misses === MAX_MISSES) break
    const text = defuse(item.text, MAX_CHARS)
    const line = `${calendarDate(item.at, timeZone)}, ${item.speaker ?? LABELS[item.kind]}: ${text}`
    const bytes = Buffer.byteLength(line) + (lines.length === 0 ? 0 : 1)
    if (text === '' || seen.has(repeatKey(text))) continue
    if (bytes > left) {
      misses++
      continue
    }
    seen.add(repeatKey(text))
    lines.push(line)
    items.push(item)
    left -= bytes
  }
  return { text: lines.join('\n'), items }
}
