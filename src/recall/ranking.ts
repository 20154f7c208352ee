/** Ranks what is known about a caller by a question's words and dates. Steps: bench/recall/README.md */
import { cutText } from '../json.ts'
import { dayNumber } from '../prompt/dates.ts'
import { compareTimes } from '../time.ts'
import { dateRanges, type DateRange } from './date-range.ts'
import type { RecallItem, RecallKind } from './items.ts'
import { searchWords } from './search-words.ts'
import type { IndexPart, RecallIndex } from './recall-index.ts'

export interface RankedItem {
  item: RecallItem
  /** Among all items. */
  place: number
  /** Above 0, mostly below 1: how much of the question is found in the item and around it. */
  score: number
}

/** What is said so many turns away counts, halved with each turn. */
const NEAR_TURNS = 4
/** A word of an item's context counts as often in the item. */
const CONTEXT_COUNT = 0.2
/** A word that nobody said stands for those that have so much of their beginning in common, 0 to 1. */
const ALIKE = 0.6
/** In letters; shorter ones are alike by chance. */
const MIN_ALIKE = 4
/** How much longer than the average counts against an item, 0 to 1. */
const LENGTH_SHARE = 0.2
/** How much it counts to say a word once. Facts, notes and open items do not say again what people repeat. */
const KIND_COUNT: Record<RecallKind, number> = { fact: 2, open_item: 2, note: 2, turn: 1, summary: 0.7 }
/** For turns of somebody else than the question names. */
const OTHER_SPEAKER = 0.7
/** Questions seldom answer one. */
const QUESTION = 0.9
/** For items of the days that the question speaks of. */
const DATE_SCORE = 0.2
/** People tell what happened some days ago. */
const TOLD_AFTER_DAYS = 2

/** The rest of a question is not read: chrono takes a tenth of a second to find no date in 2,000 digits. */
export const MAX_QUESTION_CHARS = 300

/** Best first, newest first among equals; only what has to do with the question. @param now - ISO 8601 */
export function search (index: RecallIndex, question: string, now: string): RankedItem[] {
  const { parts, language, timeZone } = index
  const asked = cutText(question, MAX_QUESTION_CHARS)
  const words = new Set(searchWords(asked, language).flatMap((word) => wordsLike(parts, word)))
  const ranges = dateRanges(asked, dayNumber(now, timeZone), language)
  const named = namedSpeakers(parts, words)
  const weigh = weighing(parts, words)
  const ranked: RankedItem[] = []
  let before = 0
  for (const part of parts) {
    weigh(part).forEach((found, n) => {
      const item = part.items[n]!
      const score = (found + dateScore(item, ranges, timeZone)) * speakerFactor(item, named) * questionFactor(item)
      if (score > 0) ranked.push({ item, place: before + n, score })
    })
    before += part.items.length
  }
  return ranked.sort(bestFirst)
}

/** Newest first among equals. */
export function bestFirst (a: RankedItem, b: RankedItem): number {
  return b.score - a.score || compareTimes(b.item.at, a.item.at)
}

/** For each item of a part, the share of the question in it and around it: BM25 over {@link countsAround}. */
function weighing (parts: readonly IndexPart[], words: Set<string>): (part: IndexPart) => Float64Array {
  const sum = (count: (part: IndexPart) => number) => parts.reduce((total, part) => total + count(part), 0)
  const items = sum((part) => part.items.length)
  const averageLength = sum(({ texts }) => texts.reduce((total, { length }) => total + length, 0)) / items
  const weights = [...words].flatMap((word): Array<[string, number]> => {
    const having = sum(({ places }) => places.get(word)?.items.length ?? 0)
    const isKnown = having > 0 || parts.some(({ contexts }) => contexts.has(word))
    return isKnown ? [[word, Math.log(1 + (items - having + 0.5) / (having + 0.5))]] : []
  })
  const whole = weights.reduce((total, [, weight]) => total + weight, 0)
  return (part) => {
    const found = new Float64Array(part.items.length)
    for (const [word, weight] of weights) {
      if (!part.places.has(word) && !part.contexts.has(word)) continue
      const counts = countsAround(part, word, averageLength)
      for (let n = 0; n < found.length; n++) found[n]! += weight / whole * counts[n]! / (counts[n]! + 1)
    }
    return found
  }
}

/** For each item, how often it has the word, and also the turns around it and its context. */
function countsAround (
  { items, texts, places, contexts, itemsIn }: IndexPart, word: string, averageLength: number
): Float64Array {
  const around = new Float64Array(items.length)
  const having = places.get(word)
  having?.items.forEach((place, n) => {
    const length = 1 - LENGTH_SHARE + LENGTH_SHARE * texts[place]!.length / averageLength
    const count = having.times[n]! * KIND_COUNT[items[place]!.kind] / length
    around[place]! += count
    for (const step of items[place]!.kind === 'turn' ? [-1, 1] : []) {
      for (let distance = 1; distance <= NEAR_TURNS; distance++) {
        const near = place + step * distance
        if (items[near]?.kind !== 'turn') break
        around[near]! += count / 2 ** distance
      }
    }
  })
  for (const context of contexts.get(word) ?? []) {
    for (const item of itemsIn.get(context) ?? []) around[item]! += CONTEXT_COUNT
  }
  return around
}

/** The word itself if anybody said it. */
function wordsLike (parts: readonly IndexPart[], word: string): string[] {
  if (parts.some(({ places }) => places.has(word))) return [word]
  return [word, ...parts.flatMap(({ places }) => [...places.keys()].filter((said) => isAlike(said, word)))]
}

/** Whether a word that was said may stand for one that was asked for. */
export function isAlike (said: string, word: string): boolean {
  return word.length >= MIN_ALIKE && (said.includes(word) || beginAlike(said, word))
}

function beginAlike (one: string, other: string): boolean {
  const enough = Math.max(MIN_ALIKE, Math.ceil(ALIKE * Math.max(one.length, other.length)))
  return one.slice(0, enough) === other.slice(0, enough)
}

function namedSpeakers (parts: readonly IndexPart[], words: Set<string>): Set<string> {
  return new Set(parts.flatMap(({ speakers }) => [...speakers])
    .filter(([, name]) => [...name].some((word) => words.has(word)))
    .map(([speaker]) => speaker))
}

function dateScore ({ at }: RecallItem, ranges: DateRange[], timeZone: string): number {
  if (ranges.length === 0) return 0
  const day = dayNumber(at, timeZone)
  return ranges.some(({ from, to }) => from <= day && day <= to + TOLD_AFTER_DAYS) ? DATE_SCORE : 0
}

function speakerFactor ({ speaker }: RecallItem, named: Set<string>): number {
  return speaker === undefined || named.size === 0 || named.has(speaker) ? 1 : OTHER_SPEAKER
}

function questionFactor ({ kind, text }: RecallItem): number {
  return kind === 'turn' && '?？؟'.includes(text.slice(-1) || ' ') ? QUESTION : 1
}
