/** Which words a caller's items have, and what surrounds them. */
import { calendarDate } from '../prompt/dates.ts'
import type { RecallItem } from './items.ts'
import type { Language } from '../language/languages.ts'
import { searchWords } from './search-words.ts'

/** The items that have a word, in order, and how often each says it. */
interface Places {
  items: number[]
  times: number[]
}

/** Items of one call, or of none. Made once, and part of each index of the caller until one of them changes. */
export interface IndexPart {
  items: readonly RecallItem[]
  /** Of each item, the words. */
  texts: readonly string[][]
  /** By word. */
  places: ReadonlyMap<string, Places>
  /** By word: the call with it in its summary, and the days with it in their date. */
  contexts: ReadonlyMap<string, ReadonlySet<string>>
  /** By context: the turns of the call, or the items of the day. */
  itemsIn: ReadonlyMap<string, readonly number[]>
  /** By speaker, the words of the name. */
  speakers: ReadonlyMap<string, ReadonlySet<string>>
}

/** The context of all turns of a part. */
const CALL = 'call'

/** Everything that a caller's memory has, searched as one. */
export interface RecallIndex {
  parts: readonly IndexPart[]
  language: Language
  timeZone: string
}

/** @param timeZone - IANA name, for the dates on which things were said */
export function createIndex (items: readonly RecallItem[], language: Language, timeZone: string): RecallIndex {
  const { wordsOf, newPart } = createIndexer(language, timeZone)
  const calls = new Map<string | undefined, RecallItem[]>()
  for (const item of items) getOrAdd(calls, item.callId, () => []).push(item)
  const parts = [...calls.values()].map((part) => newPart(part, part.map(({ text }) => wordsOf(text))))
  return { parts, language, timeZone }
}

/** @param timeZone - IANA name */
export function createIndexer (language: Language, timeZone: string) {
  const wordsOf = cachedWords(language)
  const dateWords = (at: string) => wordsOf(longDateFormat(language, timeZone).format(Date.parse(at)))
  return {
    wordsOf,
    /** @param texts - of each item, the words */
    newPart: (items: readonly RecallItem[], texts: readonly string[][]): IndexPart => ({
      items,
      texts,
      places: placesByWord(texts),
      ...contextsByWord(items, texts, timeZone, dateWords),
      speakers: new Map(items.flatMap(({ speaker }) => speaker ?? [])
        .map((speaker) => [speaker, new Set(wordsOf(speaker))]))
    })
  }
}

/** A cache, by time zone: to make a format takes as long as to index a caller. */
const formats = new WeakMap<Language, Map<string, Intl.DateTimeFormat>>()

function longDateFormat (language: Language, timeZone: string): Intl.DateTimeFormat {
  const byTimeZone = getOrAdd(formats, language, () => new Map<string, Intl.DateTimeFormat>())
  return getOrAdd(byTimeZone, timeZone, () => new Intl.DateTimeFormat(language.code, { dateStyle: 'full', timeZone }))
}

/** A caller says the same words again and again, and to stem one takes a microsecond. */
function cachedWords (language: Language): (text: string) => string[] {
  const stems = new Map<string, string>()
  const cached = { ...language, stem: (word: string) => getOrAdd(stems, word, () => language.stem(word)) }
  return (text) => searchWords(text, cached)
}

function placesByWord (texts: readonly string[][]): Map<string, Places> {
  const places = new Map<string, Places>()
  const none = () => ({ items: [], times: [] })
  texts.forEach((words, item) => {
    for (const word of words) {
      const { items, times } = getOrAdd(places, word, none)
      if (items.at(-1) === item) times[times.length - 1]! += 1
      else times[items.push(item) - 1] = 1
    }
  })
  return places
}

function contextsByWord (
  items: readonly RecallItem[], texts: readonly string[][], timeZone: string, dateWords: (at: string) => string[]
): Pick<IndexPart, 'contexts' | 'itemsIn'> {
  const contexts = new Map<string, Set<string>>()
  const itemsIn = new Map<string, number[]>()
  const add = (word: string, context: string) => getOrAdd(contexts, word, () => new Set<string>()).add(context)
  // The turns of a call share their time, and to find the day of one takes a microsecond.
  const days = new Map<string, string>()
  items.forEach(({ kind, at }, item) => {
    const day = getOrAdd(days, at, () => calendarDate(at, timeZone))
    if (!itemsIn.has(day)) for (const word of dateWords(at)) add(word, day)
    getOrAdd(itemsIn, day, () => []).push(item)
    if (kind === 'summary') for (const word of texts[item]!) add(word, CALL)
    if (kind === 'turn') getOrAdd(itemsIn, CALL, () => []).push(item)
  })
  return { contexts, itemsIn }
}

function getOrAdd<K, V> (
  map: { get (key: K): V | undefined, set (key: K, value: V): unknown }, key: K, make: () => NoInfer<V>
): V {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}
