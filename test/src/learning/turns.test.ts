import t from 'tap'
import { MAX_SPOKEN_CHARS, turnsFrom } from '../../../src/learning/turns.ts'

t.test('the end of a long call is kept, with its turn numbers', async (t) => {
  const turns = turnsFrom(Array.from({ length: 100 }, () => ({ role: 'user' as const, text: 'x'.repeat(1000) })), (text) => text)
  t.strictSame([turns.length, turns[0]?.number, turns.at(-1)?.number], [MAX_SPOKEN_CHARS / 1000, 41, 100])
})

t.test('masked text counts in full: a long call of numbers takes no longer than another', async (t) => {
  let masked = 0
  const spoken = Array.from({ length: 2000 }, () => ({ role: 'user' as const, text: '1 '.repeat(4000) }))
  turnsFrom(spoken, () => {
    masked++
    return '[number]'
  })
  t.equal(masked, 16)
})
