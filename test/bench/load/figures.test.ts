import t from 'tap'
import { median, percentile } from '../../../bench/load/figures.ts'

t.test('the median is the middle one, or the mean of two', async (t) => {
  t.equal(median([3, 1, 2]), 2)
  t.equal(median([4, 1, 2, 3]), 2.5)
  t.ok(Number.isNaN(median([])))
})

t.test('a percentile is one of the values', async (t) => {
  t.equal(percentile([5, 1, 4, 2, 3], 0.5), 3)
  t.equal(percentile([1, 2, 3], 0.99), 3)
  t.equal(percentile([7], 0), 7)
  t.ok(Number.isNaN(percentile([], 0.5)))
})
