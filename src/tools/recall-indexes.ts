/** Indexes of the callers who were recalled last: to make one takes far longer than to search it. */
import { hash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import type { CallerRecord } from '../../schemas/caller-record.ts'
import { isCurrentFact } from '../caller/facts.ts'
import { isCurrentNote } from '../caller/notes.ts'
import { isOpen } from '../caller/open-items.ts'
import { recallItems } from '../recall/items.ts'
import type { Language } from '../language/languages.ts'
import { cachedWords, createIndex, type RecallIndex, type WordsByText } from '../recall/recall-index.ts'

/** All indexes together: some 60 MB of facts and turns. A caller has 40,000 at the most. */
const CACHED_ITEMS = 50_000

/** For this long, in milliseconds: what was erased does not stay in memory. */
const CACHED_MS = 15 * 60_000

/** Others get a turn after so many. */
const ITEMS_AT_ONCE = 500

export interface RecallIndexes {
  /** Of one record, and of nothing else. @param now - ISO 8601 */
  of (record: CallerRecord, language: Language, now: string): Promise<RecallIndex>
}

/** @param timeZone - IANA name */
export function createRecallIndexes (timeZone: string): RecallIndexes {
  const cache = new LRUCache<string, { version: string, index: RecallIndex }>({
    maxSize: CACHED_ITEMS,
    ttl: CACHED_MS,
    ttlAutopurge: true,
    sizeCalculation: ({ index }) => index.items.length + 1
  })
  return {
    async of (record, language, now) {
      const version = versionOf(record, language, now)
      const cached = cache.get(record.phone_hash)
      if (cached?.version === version) return cached.index
      const former = cached?.index.language.code === language.code ? cached.index.texts : undefined
      const items = recallItems(record, now)
      const known = await wordsByText(items.map(({ text }) => text), language, former)
      const index = createIndex(items, language, timeZone, known)
      cache.set(record.phone_hash, { version, index })
      return index
    }
  }
}

/** Differs whenever there is something else to recall: what tools note down with a call does not count. */
function versionOf (record: CallerRecord, language: Language, now: string): string {
  const facts = record.facts.filter((fact) => isCurrentFact(fact, now)).map(({ id, updated_at: at }) => `${id} ${at}`)
  const notes = record.notes.filter((note) => isCurrentNote(note, now)).map(({ id }) => id)
  const items = record.open_items?.filter(isOpen).map(({ id }) => id)
  const calls = record.calls.map(({ tools, told, told_words: words, transcript, ...call }) =>
    [call, transcript?.length])
  return hash('sha1', JSON.stringify([language.code, record.caller_name, facts, notes, items, calls]))
}

async function wordsByText (
  texts: readonly string[], language: Language, former: WordsByText = new Map()
): Promise<WordsByText> {
  const wordsOf = cachedWords(language)
  const known = new Map<string, string[]>()
  let fresh = 0
  for (const text of texts) {
    const words = former.get(text)
    if (words === undefined && ++fresh % ITEMS_AT_ONCE === 0) await setImmediate()
    known.set(text, words ?? wordsOf(text))
  }
  return known
}
