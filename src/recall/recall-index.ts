/** Which words a caller's items have, and what surrounds them. */
import { calendarDate } from '../prompt/dates.ts'
import type { RecallItem, RecallKind } from './items.ts'
import type { Language } from '../language/languages.ts'
import { searchWords } from './search-words.ts'

/** The items that have a word, in order, and how often each says it, less in a long item. */
interface Places {
  items: number[]
  counts: number[]
}

/** Made once per record, searched many times. Items are known by their numbers. */
export interface RecallIndex {
  /** By text. The next index of the caller can use them. */
  texts: WordsByText
  items: readonly RecallItem[]
  language: Language
  timeZone: string
  /** By word. */
  places: ReadonlyMap<string, Places>
  /** By word: the calls with it in their summary, and the days with it in their date. */
  contexts: ReadonlyMap<string, ReadonlySet<string>>
  /** By context: the turns of the call, or the items of the day. */
  itemsIn: ReadonlyMap<string, readonly number[]>
  /** By speaker, the words of the name. */
  speakers: ReadonlyMap<string, ReadonlySet<string>>
}

/** How much longer than the average counts against an item, 0 to 1. */
const LENGTH_SHARE = 0.2
/** How much it counts to say a word once. Facts, notes and open items do not say again what people repeat. */
const KIND_COUNT: Record<RecallKind, number> = { fact: 2, open_item: 2, note: 2, turn: 1, summary: 0.7 }

export type WordsByText = ReadonlyMap<string, string[]>

/**
 * @param timeZone - IANA name, for the dates on which things were said
 * @param known - in the same language
 */
export function createIndex (
  items: readonly RecallItem[], language: Language, timeZone: string, known: WordsByText = new Map()
): RecallIndex {
  const words = cachedWords(language)
  const byText = new Map(items.map(({ text }) => [text, known.get(text) ?? words(text)]))
  const texts = items.map(({ text }) => byText.get(text)!)
  const longDate = new Intl.DateTimeFormat(language.code, { dateStyle: 'full', timeZone })
  return {
    texts: byText,
    items,
    language,
    timeZone,
    places: placesByWord(items, texts),
    ...contextsByWord(items, texts, timeZone, (at) => words(longDate.format(Date.parse(at)))),
    speakers: new Map(items.flatMap(({ speaker }) => speaker === undefined ? [] : [[speaker, new Set(words(speaker))]]))
  }
}

/** A caller says the same words again and again, and to stem one takes a microsecond. */
export function cachedWords (language: Language): (text: string) => string[] {
  const stems = new Map<string, string>()
  const cached = { ...language, stem: (word: string) => getOrAdd(stems, word, () => language.stem(word)) }
  return (text) => searchWords(text, cached)
}

function placesByWord (items: readonly RecallItem[], texts: string[][]): Map<string, Places> {
  const places = new Map<string, Places>()
  const none = () => ({ items: [], counts: [] })
  const average = texts.reduce((sum, words) => sum + words.length, 0) / texts.length
  texts.forEach((words, item) => {
    const count = KIND_COUNT[items[item]!.kind] / (1 - LENGTH_SHARE + LENGTH_SHARE * words.length / average)
    for (const word of words) {
      const { items, counts } = getOrAdd(places, word, none)
      if (items.at(-1) === item) counts[counts.length - 1]! += count
      else counts[items.push(item) - 1] = count
    }
  })
  return places
}

function contextsByWord (
  items: readonly RecallItem[], texts: string[][], timeZone: string, dateWords: (at: string) => string[]
): Pick<RecallIndex, 'contexts' | 'itemsIn'> {
  const contexts = new Map<string, Set<string>>()
  const itemsIn = new Map<string, number[]>()
  const add = (word: string, context: string) => getOrAdd(contexts, word, () => new Set<string>()).add(context)
  // The turns of a call share their time, and to find the day of one takes a microsecond.
  const days = new Map<string, string>()
  items.forEach(({ kind, at, callId }, item) => {
    const day = getOrAdd(days, at, () => calendarDate(at, timeZone))
    if (!itemsIn.has(day)) for (const word of dateWords(at)) add(word, day)
    getOrAdd(itemsIn, day, () => []).push(item)
    const call = `call ${callId}`
    if (kind === 'summary') for (const word of texts[item]!) add(word, call)
    if (kind === 'turn') getOrAdd(itemsIn, call, () => []).push(item)
  })
  return { contexts, itemsIn }
}

function getOrAdd<K, V> (map: Map<K, V>, key: K, make: () => NoInfer<V>): V {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}
