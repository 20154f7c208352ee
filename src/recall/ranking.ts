/** Ranks what is known about a caller by the words and dates of a question. bench/README.md: what each step brings. */
import { cutText } from '../json.ts'
import { dayNumber } from '../prompt/dates.ts'
import { dateRanges, type DateRange } from './date-range.ts'
import type { RecallItem } from './items.ts'
import { searchWords } from './search-words.ts'
import type { RecallIndex } from './recall-index.ts'

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
/** For turns of somebody else than the question names. */
const OTHER_SPEAKER = 0.7
/** Questions seldom answer one. */
const QUESTION = 0.9
/** For items of the days that the question speaks of. */
const DATE_SCORE = 0.2
/** People tell what happened some days ago. */
const TOLD_AFTER_DAYS = 2

/** The rest of a question is not read: chrono takes a tenth of a second to find no date in 2,000 digits. */
const MAX_QUESTION_CHARS = 300

/** Best first, newest first among equals; only what has to do with the question. @param now - ISO 8601 */
export function search (index: RecallIndex, question: string, now: string): RankedItem[] {
  const { items, language, timeZone } = index
  const asked = cutText(question, MAX_QUESTION_CHARS)
  const words = new Set(searchWords(asked, language).flatMap((word) => wordsLike(index, word)))
  const ranges = dateRanges(asked, dayNumber(now, timeZone), language)
  const named = namedSpeakers(index, words)
  const ranked: RankedItem[] = []
  shareFound(index, words).forEach((found, place) => {
    const item = items[place]!
    const score = found + dateScore(item, ranges, timeZone)
    if (score > 0) ranked.push({ item, place, score: score * speakerFactor(item, named) * questionFactor(item) })
  })
  return ranked.sort((a, b) => b.score - a.score || (a.item.at < b.item.at ? 1 : a.item.at > b.item.at ? -1 : 0))
}

/** For each item, the share of the question that it and its surroundings have: BM25 over {@link countsAround}. */
function shareFound (index: RecallIndex, words: Set<string>): Float64Array {
  const found = new Float64Array(index.items.length)
  let whole = 0
  for (const word of words) {
    const having = index.places.get(word)?.items.length ?? 0
    if (having === 0 && !index.contexts.has(word)) continue
    const weight = Math.log(1 + (found.length - having + 0.5) / (having + 0.5))
    whole += weight
    const counts = countsAround(index, word)
    for (let item = 0; item < found.length; item++) found[item]! += weight * counts[item]! / (counts[item]! + 1)
  }
  return whole === 0 ? found : found.map((score) => score / whole)
}

/** For each item, how often it has the word, and also the turns around it and its context. */
function countsAround ({ items, places, contexts, itemsIn }: RecallIndex, word: string): Float64Array {
  const around = new Float64Array(items.length)
  const having = places.get(word)
  having?.items.forEach((place, n) => {
    const count = having.counts[n]!
    around[place]! += count
    for (const step of items[place]!.kind === 'turn' ? [-1, 1] : []) {
      for (let distance = 1; distance <= NEAR_TURNS; distance++) {
        const near = place + step * distance
        if (items[near]?.callId !== items[place]!.callId || items[near]!.kind !== 'turn') break
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
function wordsLike ({ places }: RecallIndex, word: string): string[] {
  if (places.has(word)) return [word]
  return [word, ...[...places.keys()].filter((said) => isAlike(said, word))]
}

/** Whether a word that was said may stand for one that was asked for. */
export function isAlike (said: string, word: string): boolean {
  return word.length >= MIN_ALIKE && (said.includes(word) || beginAlike(said, word))
}

function beginAlike (one: string, other: string): boolean {
  const enough = Math.max(MIN_ALIKE, Math.ceil(ALIKE * Math.max(one.length, other.length)))
  return one.slice(0, enough) === other.slice(0, enough)
}

function namedSpeakers ({ speakers }: RecallIndex, words: Set<string>): Set<string> {
  const isNamed = (speaker: string) => [...speakers.get(speaker)!].some((word) => words.has(word))
  return new Set([...speakers.keys()].filter(isNamed))
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
