/** What the agent is told: the best of what was found, as much as fits. */
import { defuse, repeatKey } from '../caller/untrusted.ts'
import { whenSaid } from '../prompt/dates.ts'
import type { RecallItem, RecallKind } from './items.ts'
import type { RankedItem } from './ranking.ts'

export interface RecallAnswer {
  /** Sections, the one with the best item first; each in the order of the record. Empty if nothing fits. */
  text: string
  /** What is in it, best first. */
  items: RecallItem[]
}

/** Of one item. */
const MAX_CHARS = 400
/** Of the best score: what has less is about something else. */
const LEAST_SHARE = 0.3
/** When so many did not fit, the rest is not tried. */
const MAX_MISSES = 10

const TITLES: Record<Exclude<RecallKind, 'turn' | 'summary'>, string> = {
  fact: 'Known facts:', open_item: 'Still open:', note: 'Notes:'
}

/**
 * Skips what does not fit, repeats, and what is much weaker than the best.
 *
 * @param ranked - best first
 * @param maxBytes - of UTF-8
 * @param now - ISO 8601
 * @param timeZone - IANA name, for dates
 */
export function fitAnswer (
  ranked: readonly RankedItem[], maxBytes: number, now: string, timeZone: string
): RecallAnswer {
  const when = ({ at }: RecallItem) => whenSaid(at, now, timeZone)
  const sections = new Map<string, { place: number, line: string }[]>()
  const items: RecallItem[] = []
  const seen = new Set<string>()
  // Each line but the first follows a line break.
  let left = maxBytes + 1
  let misses = 0
  for (const { item, place, score } of ranked) {
    if (misses === MAX_MISSES || score < LEAST_SHARE * ranked[0]!.score) break
    const text = defuse(item.text, MAX_CHARS)
    if (text === '' || seen.has(repeatKey(text))) continue
    const title = titleOf(item, when)
    const line = lineOf(item, text, when)
    const lines = sections.get(title) ?? []
    const bytes = Buffer.byteLength(lines.length === 0 ? `${title}\n${line}\n` : `${line}\n`)
    if (bytes > left) {
      misses++
      continue
    }
    left -= bytes
    seen.add(repeatKey(text))
    items.push(item)
    sections.set(title, [...lines, { place, line }])
  }
  const written = [...sections].flatMap(([title, lines]) => [title, ...inOrder(lines)])
  return { text: written.join('\n'), items }
}

type When = (item: RecallItem) => string

function titleOf (item: RecallItem, when: When): string {
  return item.kind === 'turn' || item.kind === 'summary' ? `Call ${when(item)}:` : TITLES[item.kind]
}

function lineOf (item: RecallItem, text: string, when: When): string {
  if (item.kind === 'turn') return `- ${item.speaker}: ${text}`
  return item.kind === 'summary' ? `- ${text}` : `- (${when(item)}) ${text}`
}

/** An answer makes sense after its question. */
function inOrder (lines: { place: number, line: string }[]): string[] {
  return lines.toSorted((a, b) => a.place - b.place).map(({ line }) => line)
}
