import { cutText } from '../json.ts'
import type { RecallItem } from './items.ts'

/** Words that have one vector: a fact, an open item, a note, title and summary of a call, or some of its turns. */
export interface Passage {
  text: string
  items: readonly RecallItem[]
}

/** Turns are taken together until they have so many characters: most of them say too little alone. */
const TURNS_CHARS = 400

/** Small models read no more. */
const MAX_CHARS = 1000

/** In order. @param items - those of a call stand side by side */
export function passagesOf (items: readonly RecallItem[]): Passage[] {
  const passages: Array<{ text: string, items: RecallItem[] }> = []
  for (const item of items) {
    const last = passages.at(-1)
    if (last !== undefined && goesOn(last, item)) {
      last.text += `\n${item.text}`
      last.items.push(item)
    } else {
      passages.push({ text: item.text, items: [item] })
    }
  }
  return passages.map(({ text, items }) => ({ text: cutText(text, MAX_CHARS), items }))
}

function goesOn ({ text, items: [first] }: Passage, { kind, callId }: RecallItem): boolean {
  return callId !== undefined && first?.callId === callId && first.kind === kind &&
    (kind === 'summary' || text.length < TURNS_CHARS)
}
