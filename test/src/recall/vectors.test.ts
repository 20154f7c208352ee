import { createHash } from 'node:crypto'
import { Value } from '@sinclair/typebox/value'
import t from 'tap'
import { FactSchema } from '../../../schemas/caller-record.ts'
import { cosineTo, markOf, MAX_DIMENSIONS, storedVector } from '../../../src/recall/vectors.ts'

/** Numbers around 0, always the same. */
function numbers (count: number, seed: string): number[] {
  const bytes = createHash('shake256', { outputLength: count * 4 }).update(seed).digest()
  return Array.from({ length: count }, (_, n) => bytes.readInt32BE(n * 4) / 2 ** 31)
}

const product = (one: number[], other: number[]) => one.reduce((sum, value, n) => sum + value * other[n]!, 0)
const cosine = (one: number[], other: number[]) =>
  product(one, other) / Math.sqrt(product(one, one) * product(other, other))
const MARK = 'abcdefghijkl'

t.test('a cosine is right to a tenth, and mostly to some hundredths, whatever the model', async (t) => {
  for (const dimensions of [8, 64, 384, 1536, 3072, MAX_DIMENSIONS]) {
    const errors = Array.from({ length: 200 }, (_, n) => {
      const asked = numbers(dimensions, `asked ${n}`)
      const other = numbers(dimensions, `other ${n}`)
      const text = asked.map((value, at) => value * n / 200 + other[at]! * (1 - n / 200))
      return Math.abs(cosineTo(asked)(storedVector(text, MARK))! - cosine(asked, text))
    })
    t.ok(Math.max(...errors) < 0.15, `${dimensions}: ${Math.max(...errors)}`)
    t.ok(errors.reduce((sum, error) => sum + error) / errors.length < 0.04, `${dimensions} on average`)
  }
})

t.test('vectors of zeros and ones are compared as well', async (t) => {
  const only = (...places: number[]) => Array.from({ length: 16 }, (_, n) => places.includes(n) ? 1 : 0)
  const cosineOf = cosineTo(only(3))
  t.ok(cosineOf(storedVector(only(3), MARK))! > 0.95)
  t.ok(Math.abs(cosineOf(storedVector(only(5), MARK))!) < 0.1)
  t.ok(Math.abs(cosineOf(storedVector(only(3, 5), MARK))! - Math.SQRT1_2) < 0.1)
})

t.test('vectors of another length are not compared', async (t) => {
  t.equal(cosineTo(numbers(16, 'a'))(storedVector(numbers(160, 'a'), MARK)), null)
  t.equal(cosineTo(numbers(160, 'a'))(storedVector(numbers(16, 'a'), MARK)), null)
})

t.test('the mark differs with words and model', async (t) => {
  t.equal(markOf('small', 'Has a dog'), markOf('small', 'Has a dog'))
  t.equal(new Set([markOf('small', 'Has a dog'), markOf('large', 'Has a dog'), markOf('small', 'Has a cat')]).size, 3)
})

t.test('what is stored stays as it is: another version could not compare it', async (t) => {
  const stored = storedVector(numbers(16, 'stored'), markOf('small', 'Has a dog'))
  t.ok(Value.Check(FactSchema.properties.vector, stored))
  t.equal(stored, '16 pBnMR2IhtMHq OS6ZbHOZi-h2PZlmZrwb0LgdRjKJ7yzT7-CZrzaZzH6ZZvw91WedZrFGhLsu4tlHJWbZZvTbO4h8HMa_dkcfseJvci7jC90dcI_kjJjoLvJ3zGZnymdMwx3zmT9m2YvRw9suEEPQ85_Oc_-62ObUHNlbMldmbihmBrGcZi4R5ps')
})
