/** One case for each step of the fusion. Each fails when its step is taken out. */
import t from 'tap'
import { loadLanguage } from '../../../src/language/languages.ts'
import { fuse, LEAST_NEAR, MEANING_WEIGHT, nearnessOf } from '../../../src/recall/fusion.ts'
import type { RecallItem } from '../../../src/recall/items.ts'
import { search } from '../../../src/recall/ranking.ts'
import { createIndex } from '../../../src/recall/recall-index.ts'
import { storedVector } from '../../../src/recall/vectors.ts'

const NOW = '2026-11-27T10:00:00.000Z'
const english = await loadLanguage('en')

const fact = (id: string, text: string, day = '2026-11-01'): RecallItem => ({ id, kind: 'fact', text, at: `${day}T12:00:00.000Z` })
const hound = fact('hound', 'Owns a hound')
const tea = fact('tea', 'Likes tea with milk')
const milk = fact('milk', 'Buys milk', '2026-11-02')
const items = [hound, tea, milk]
const index = createIndex(items, english, 'UTC')
const lexical = search(index, 'milk', NOW)
const fused = (nearness: Array<[RecallItem, number]>, ranked = lexical) =>
  fuse(index, ranked, new Map(nearness)).map(({ item, score }) => [item.id, score] as const)
const ids = (nearness: Array<[RecallItem, number]>, ranked = lexical) => fused(nearness, ranked).map(([id]) => id)

t.test('without anything near, the ranking by words stays as it is', async (t) => {
  t.equal(fuse(index, lexical, new Map()), lexical)
})

t.test('the score is the weighted sum of both', async (t) => {
  const byWords = lexical.find(({ item }) => item === tea)!.score
  const scores = new Map(fused([[tea, 0.6], [hound, 0.5]]))
  t.equal(scores.get('tea'), (1 - MEANING_WEIGHT) * byWords + MEANING_WEIGHT * 0.6)
  t.equal(scores.get('hound'), MEANING_WEIGHT * 0.5)
})

t.test('what only one of the two has found is found, best first, and nothing else', async (t) => {
  t.strictSame(ids([[hound, 0.9]], []), ['hound'])
  t.strictSame(ids([[hound, 0.4]]), ['milk', 'tea', 'hound'])
  t.strictSame(ids([[tea, 0.9]]), ['tea', 'milk'])
})

t.test('what words do not find has to be near; what they find may be less so', async (t) => {
  t.strictSame(ids([[hound, LEAST_NEAR - 0.01]]), ['milk', 'tea'])
  t.strictSame(ids([[hound, LEAST_NEAR]], []), ['hound'])
  const [, byWords] = fused([[hound, 0]]).find(([id]) => id === 'tea')!
  const [, both] = fused([[tea, 0.1]]).find(([id]) => id === 'tea')!
  t.ok(Math.abs(both - byWords - MEANING_WEIGHT * 0.1) < 1e-9)
})

t.test('newest first among equals, and each in its place', async (t) => {
  const found = fuse(index, [], new Map([[tea, 0.5], [milk, 0.5]]))
  t.strictSame(found.map(({ item, place }) => [item.id, place]), [['milk', 2], ['tea', 1]])
})

/** Near enough without a word of the question. Vectors with so much of the question's, and something of their own. */
const QUESTION = Array.from({ length: 128 }, (_, n) => n === 0 ? 1 : 0)
const like = (share: number, own: number) =>
  QUESTION.map((_, n) => n === 0 ? share : n === own ? Math.sqrt(1 - share * share) : 0)
const near = (cosines: number[], asked = QUESTION) => {
  const passages = cosines.map((_, n) => ({ mark: `mark-${n}`, items: [fact(`${n}`, `${n}`)] }))
  const stored = new Map(cosines.map((cosine, n) => [`mark-${n}`, storedVector(like(cosine, n + 1), `mark-${n}`)]))
  return [...nearnessOf(passages, stored, asked)].filter(([, share]) => share >= LEAST_NEAR)
    .map(([{ id }, share]) => [id, Math.round(share * 10) / 10])
}

t.test('what has little to do with the question is not near', async (t) => {
  t.strictSame(near([1, 0, 0.1, 0.6, 0]), [['0', 1], ['3', 0.5]])
})

t.test('what is further away than the average does not count against it', async (t) => {
  const marks = ['near', 'far'].map((mark, n) => ({ mark, items: [items[n]!] }))
  const stored = new Map([['near', storedVector(like(0.9, 1), 'near')], ['far', storedVector(like(-0.5, 2), 'far')]])
  t.strictSame([...nearnessOf(marks, stored, QUESTION).keys()], [items[0]])
})

t.test('near is what stands out: with some models all texts are alike', async (t) => {
  const alike = Array.from({ length: 100 }, () => 0.75)
  t.strictSame(near(alike), [])
  t.strictSame(near([0.9, ...alike]), [['0', 0.7]])
})

t.test('one fact alone can be near', async (t) => {
  t.strictSame(near([0.6]).map(([id]) => id), ['0'])
  t.strictSame(near([0.1]), [])
})

t.test('what has no vector, or one of another length, is not near', async (t) => {
  t.strictSame([...nearnessOf([{ mark: 'missing', items }], new Map(), QUESTION)], [])
  t.strictSame(near([1], QUESTION.concat(0)), [])
})

t.test('all items of a passage are as near as it', async (t) => {
  const stored = new Map([['mark', storedVector(QUESTION, 'mark')]])
  t.strictSame([...nearnessOf([{ mark: 'mark', items }], stored, QUESTION).keys()], items)
})
