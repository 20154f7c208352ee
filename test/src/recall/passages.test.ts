import t from 'tap'
import type { RecallItem, RecallKind } from '../../../src/recall/items.ts'
import { passagesOf } from '../../../src/recall/passages.ts'

const item = (kind: RecallKind, text: string, callId?: string): RecallItem =>
  ({ id: text, kind, text, at: '2026-11-01T12:00:00.000Z', ...(callId === undefined ? {} : { callId }) })
const texts = (items: RecallItem[]) => passagesOf(items).map(({ text }) => text)

t.test('facts, open items and notes stand alone', async (t) => {
  t.strictSame(texts([item('fact', 'a'), item('fact', 'b'), item('open_item', 'c'), item('note', 'd')]), ['a', 'b', 'c', 'd'])
})

t.test('title and summary of a call belong together, and not to its turns, nor to another call', async (t) => {
  const items = [item('summary', 'Hedges', '1'), item('summary', 'They talked.', '1'), item('turn', 'Hello', '1'), item('turn', 'Hi', '1'), item('summary', 'Weather', '2'), item('turn', 'Hello', '3')]
  const passages = passagesOf(items)
  t.strictSame(passages.map(({ text }) => text), ['Hedges\nThey talked.', 'Hello\nHi', 'Weather', 'Hello'])
  t.strictSame(passages.flatMap((passage) => passage.items), items)
})

t.test('turns go together up to 400 characters, and no text has more than 1,000', async (t) => {
  const lengths = (chars: number, count: number) =>
    texts(Array.from({ length: count }, (_, n) => item('turn', `${n}`.padEnd(chars, 'x'), '1'))).map(({ length }) => length)
  t.strictSame(lengths(99, 9), [499, 399])
  t.strictSame(lengths(2000, 2), [1000, 1000])
})
