import t from 'tap'
import { createRandom } from '../../bench/random.ts'

t.test('random numbers repeat with their seed, and stay within their limit', async (t) => {
  const some = (seed: number) => {
    const random = createRandom(seed)
    return Array.from({ length: 1000 }, () => random.below(7))
  }

  t.strictSame(some(1), some(1))
  t.notSame(some(1), some(2))
  t.strictSame([...new Set(some(1))].sort(), [0, 1, 2, 3, 4, 5, 6])
  t.match(createRandom(1).hex(28), /^[0-9a-f]{28}$/)
})
