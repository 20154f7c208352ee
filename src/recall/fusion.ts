/** Adds what texts mean to what words they have. */
import type { RecallItem } from './items.ts'
import type { Passage } from './passages.ts'
import { bestFirst, type RankedItem } from './ranking.ts'
import type { RecallIndex } from './recall-index.ts'
import { cosineTo, type StoredVectors } from './vectors.ts'

export interface MarkedPassage extends Pick<Passage, 'items'> {
  /** As in `markOf`. */
  mark: string
}

/** Of the score, 0 to 1; words have the rest. A weak model spoils more than it finds with much more than this. */
export const MEANING_WEIGHT = 0.2

/** So near, 0 to 1, an item without a word of the question has to do with it. */
export const LEAST_NEAR = 0.25

/** Some models give all texts a high cosine. How high is not certain from a few texts: so many of 0 are added. */
const GUESSED = 2

/**
 * By a weighted sum. An item that only one of the two has found gets its share from that one; what only meanings find
 * has to be near.
 *
 * @param ranked - by words
 * @param nearness - of items of the index, 0 to 1; empty for the ranking by words alone
 * @see https://arxiv.org/abs/2210.11934 a sum of scores finds more than a sum of ranks, with any models
 */
export function fuse (
  index: RecallIndex, ranked: readonly RankedItem[], nearness: ReadonlyMap<RecallItem, number>
): readonly RankedItem[] {
  if (nearness.size === 0) return ranked
  const byWords = new Map(ranked.map(({ item, score }) => [item, score]))
  return index.parts.flatMap(({ items }) => items).map((item, place) => {
    const found = byWords.get(item) ?? 0
    const near = nearness.get(item) ?? 0
    const meant = found > 0 || near >= LEAST_NEAR ? near : 0
    return { item, place, score: (1 - MEANING_WEIGHT) * found + MEANING_WEIGHT * meant }
  }).filter(({ score }) => score > 0).sort(bestFirst)
}

/**
 * How near items come to a question: 0 is what the model gives the caller's texts on average, 1 is the same text. Only
 * items that are nearer than the average.
 *
 * @param stored - of the caller whose passages they are
 * @param asked - what the model made of the question
 */
export function nearnessOf (
  passages: readonly MarkedPassage[], stored: StoredVectors, asked: readonly number[]
): Map<RecallItem, number> {
  const cosineOf = cosineTo(asked)
  const found = passages.flatMap(({ mark, items }) => {
    const vector = stored.get(mark)
    const cosine = vector === undefined ? null : cosineOf(vector)
    return cosine === null ? [] : [{ items, cosine }]
  })
  const usual = Math.max(0, found.reduce((sum, { cosine }) => sum + cosine, 0) / (found.length + GUESSED))
  return new Map(found.flatMap(({ items, cosine }) => {
    const near = (cosine - usual) / (1 - usual)
    return near <= 0 ? [] : items.map((item) => [item, near] as const)
  }))
}
