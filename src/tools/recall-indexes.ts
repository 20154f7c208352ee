/** Indexes of the callers who were recalled last: to make one takes far longer than to search it. */
import { setImmediate } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import type { CallerRecord } from '../../schemas/caller-record.ts'
import { callItems, factItems, noteItems, type RecallItem } from '../recall/items.ts'
import type { Language } from '../language/languages.ts'
import { createIndexer, type IndexPart, type RecallIndex } from '../recall/recall-index.ts'

/** All indexes together: some 60 MB of facts and turns. A caller has 40,000 at the most. */
const CACHED_ITEMS = 50_000

/** For this long, in milliseconds: what was erased does not stay in memory. */
const CACHED_MS = 15 * 60_000

/** Others get a turn after so many. */
const ITEMS_AT_ONCE = 250

/** A new fact has so many indexed again. */
const FACTS_IN_PART = 100

/** By what is in it. */
type PartsByContent = ReadonlyMap<string, IndexPart>

/** @param timeZone - IANA name */
export function createRecallIndexes (timeZone: string) {
  const cache = new LRUCache<string, { code: string, parts: PartsByContent }>({
    maxSize: CACHED_ITEMS,
    ttl: CACHED_MS,
    ttlAutopurge: true,
    sizeCalculation: ({ parts }) => [...parts.values()].reduce((size, { items }) => size + items.length, 1)
  })
  return {
    /** Of one record, and of nothing else. @param now - ISO 8601 */
    async of (record: CallerRecord, language: Language, now: string): Promise<RecallIndex> {
      const cached = cache.get(record.phone_hash)
      const former: PartsByContent = cached?.code === language.code ? cached.parts : new Map()
      const contents = contentsOf(record, now)
      const isSame = contents.size === former.size && [...contents.keys()].every((content) => former.has(content))
      const parts = isSame ? former : await indexParts(contents, former, language, timeZone)
      if (!isSame) cache.set(record.phone_hash, { code: language.code, parts })
      return { parts: [...parts.values()], language, timeZone }
    }
  }
}

type Contents = ReadonlyMap<string, () => RecallItem[]>

/** The key of each part: equal as long as nothing recallable in it changed. What tools note with a call is left out. */
function contentsOf (record: CallerRecord, now: string): Contents {
  const contents = new Map<string, () => RecallItem[]>()
  for (let n = 0; n < record.facts.length; n += FACTS_IN_PART) {
    const items = factItems(record.facts.slice(n, n + FACTS_IN_PART), now)
    contents.set(JSON.stringify(['facts', ...items.map(({ id }) => id)]), () => items)
  }
  const notes = noteItems(record, now)
  contents.set(JSON.stringify(['notes', ...notes.map(({ id }) => id)]), () => notes)
  for (const call of record.calls) {
    const { tools, told, told_words: words, vectors, transcript, ...about } = call
    contents.set(JSON.stringify([record.caller_name, about, transcript?.length]), () =>
      callItems(call, record.caller_name))
  }
  return contents
}

/** In the order of `contents`. Words are known from parts that have changed. */
async function indexParts (
  contents: Contents, former: PartsByContent, language: Language, timeZone: string
): Promise<PartsByContent> {
  const { wordsOf, newPart } = createIndexer(language, timeZone)
  const changed = [...former].flatMap(([content, part]) => contents.has(content) ? [] : [part])
  const known = new Map(changed.flatMap(({ items, texts }) => items.map(({ text }, n) => [text, texts[n]!] as const)))
  const parts = new Map<string, IndexPart>()
  let fresh = 0
  for (const [content, itemsOf] of contents) {
    const items = former.has(content) ? [] : itemsOf()
    const texts: string[][] = []
    for (const { text } of items) {
      texts.push(known.get(text) ?? wordsOf(text))
      if (++fresh % ITEMS_AT_ONCE === 0) await setImmediate()
    }
    parts.set(content, former.get(content) ?? newPart(items, texts))
  }
  return parts
}
