import t from 'tap'
import { MAX_SPOKEN_CHARS, turnsFrom } from '../../../src/learning/turns.ts'

t.test('of a long call the end is kept, with its numbers', async (t) => {
  const turns = turnsFrom(Array.from({ length: 100 }, () => ({ role: 'user' as const, text: 'x'.repeat(1000) })), (text) => text)
  t.strictSame([turns.length, turns[0]?.number, turns.at(-1)?.number], [MAX_SPOKEN_CHARS / 1000, 41, 100])
})
