import t from 'tap'
import { matchesIn } from '../../src/matches.ts'

t.test('finds what matchAll finds', async (t) => {
  const patterns = [/a/gu, /(?=(\p{L}{2}))/gu, /(?=(.))/gu, /\p{Emoji}?/gu, /(b)|c/gu]
  for (const pattern of patterns) {
    for (const text of ['', 'abcab', '🙂🙂a', 'a🙂', 'çb']) {
      t.strictSame(matchesIn(pattern, text), [...text.matchAll(pattern)], `${pattern} in "${text}"`)
    }
  }
})
