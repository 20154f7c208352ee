/** What the agent is told: the best of what was found, as much as fits. */
import { calendarDate } from '../prompt/dates.ts'
import { repeatKey } from '../prompt/memory-block.ts'
import { defuse } from '../prompt/untrusted.ts'
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
 * @param timeZone - IANA name, for dates
 */
export function fitAnswer (ranked: readonly RankedItem[], maxBytes: number, timeZone: string): RecallAnswer {
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
    const title = titleOf(item, timeZone)
    const line = lineOf(item, text, timeZone)
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

function titleOf ({ kind, at }: RecallItem, timeZone: string): string {
  return kind === 'turn' || kind === 'summary' ? `Call of ${calendarDate(at, timeZone)}:` : TITLES[kind]
}

function lineOf ({ kind, at, speaker }: RecallItem, text: string, timeZone: string): string {
  if (kind === 'turn') return `- ${speaker}: ${text}`
  return kind === 'summary' ? `- ${text}` : `- ${calendarDate(at, timeZone)}: ${text}`
}

/** An answer makes sense after its question. */
function inOrder (lines: { place: number, line: string }[]): string[] {
  return lines.toSorted((a, b) => a.place - b.place).map(({ line }) => line)
}
