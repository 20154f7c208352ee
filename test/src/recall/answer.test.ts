import t from 'tap'
import { fitAnswer } from '../../../src/recall/answer.ts'
import type { RecallItem } from '../../../src/recall/items.ts'

const item = (id: string, text: string, more: Partial<RecallItem> = {}): RecallItem => ({ id, kind: 'fact', text, at: '2026-11-27T23:30:00.000Z', ...more })
const fit = (items: RecallItem[], maxBytes = 1500) => fitAnswer(items.map((each) => ({ item: each, score: 1 })), maxBytes, 'Europe/Berlin')

t.test('a line for each item says when and by whom', async (t) => {
  const items = [
    item('1', 'Has a dog'),
    item('2', 'It barks', { kind: 'turn', speaker: 'Dana' }),
    item('3', 'A call back', { kind: 'open_item' }),
    item('4', 'Gate code 4471', { kind: 'note' }),
    item('5', 'About a dog.', { kind: 'summary' })
  ]
  t.equal(fit(items).text, `2026-11-28, fact: Has a dog
2026-11-28, Dana: It barks
2026-11-28, still open: A call back
2026-11-28, note: Gate code 4471
2026-11-28, summary of the call: About a dog.`)
})

t.test('bytes are counted, and what does not fit is skipped', async (t) => {
  const [wide, long, short] = [item('wide', 'Müller'), item('long', 'x'.repeat(40)), item('short', 'dog')]
  const { text, items } = fit([wide, long, short], 47)

  t.strictSame(items, [wide, short])
  t.equal(Buffer.byteLength(text), 47)
  t.strictSame(fit([wide, long, short], 46).items, [wide])
  t.strictSame(fit([wide], 10), { text: '', items: [] })
})

t.test('what is said twice is told once', async (t) => {
  t.strictSame(fit([item('1', 'Has a dog'), item('2', 'has a dog.')]).items.map(({ id }) => id), ['1'])
})

t.test('texts are made harmless and cut', async (t) => {
  const { text } = fit([item('1', `{{x}}\n${'y'.repeat(500)}`), item('2', '\u200b')])
  t.match(text, /^2026-11-28, fact: \(\(x\)\) y+…$/)
  t.equal(text.length, '2026-11-28, fact: '.length + 400)
})

t.test('nothing found is nothing told', async (t) => {
  t.strictSame(fit([]), { text: '', items: [] })
})
