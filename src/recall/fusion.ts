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

/** Of the score, 0 to 1; words have the rest. Not measured with a real model. */
export const MEANING_WEIGHT = 0.5

/** So near, 0 to 1, counts as having to do with the question. */
export const LEAST_NEAR = 0.25

/** Some models give all texts a high cosine. How high is not certain from a few texts: so many of 0 are added. */
const GUESSED = 2

/**
 * By a weighted sum. An item that only one of the two has found gets its share from that one.
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
  return index.parts.flatMap(({ items }) => items).map((item, place) => ({
    item,
    place,
    score: (1 - MEANING_WEIGHT) * (byWords.get(item) ?? 0) + MEANING_WEIGHT * (nearness.get(item) ?? 0)
  })).filter(({ score }) => score > 0).sort(bestFirst)
}

/**
 * How near items come to a question: 0 is what the model gives the caller's texts on average, 1 is the same text. Only
 * items that have to do with it.
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
    return near < LEAST_NEAR ? [] : items.map((item) => [item, near] as const)
  }))
}
