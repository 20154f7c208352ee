import t from 'tap'
import { MAX_SPOKEN_CHARS, turnsFrom } from '../../../src/learning/turns.ts'

t.test('of a long call the end is kept, with its numbers', async (t) => {
  const turns = turnsFrom(Array.from({ length: 100 }, () => ({ role: 'user' as const, text: 'x'.repeat(1000) })), (text) => text)
  t.strictSame([turns.length, turns[0]?.number, turns.at(-1)?.number], [MAX_SPOKEN_CHARS / 1000, 41, 100])
})

t.test('what is masked away counts as read: a long call of numbers takes no longer than another', async (t) => {
  let masked = 0
  const spoken = Array.from({ length: 2000 }, () => ({ role: 'user' as const, text: '1 '.repeat(4000) }))
  turnsFrom(spoken, () => {
    masked++
    return '[number]'
  })
  t.equal(masked, 16)
})
