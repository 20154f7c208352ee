import t from 'tap'
import { fitAnswer } from '../../../src/recall/answer.ts'
import type { RecallItem } from '../../../src/recall/items.ts'

const item = (id: string, text: string, more: Partial<RecallItem> = {}): RecallItem => ({ id, kind: 'fact', text, at: '2026-11-27T23:30:00.000Z', ...more })
const fit = (items: RecallItem[], maxBytes = 1500) => fitAnswer(items.map((each, index) => ({ item: each, place: items.length - index, score: 1 })), maxBytes, '2026-11-28T12:00:00.000Z', 'Europe/Berlin')

t.test('there is a section for each call and kind, the best first, and what is in it is in the order of the record', async (t) => {
  const items = [
    item('1', 'It barks', { kind: 'turn', speaker: 'Dana' }),
    item('2', 'Has a dog'),
    item('3', 'Any pets?', { kind: 'turn', speaker: 'agent' }),
    item('4', 'A call back', { kind: 'open_item' }),
    item('5', 'Gate code 4471', { kind: 'note' }),
    item('6', 'About a dog.', { kind: 'summary' }),
    item('7', 'Has a cat', { at: '2026-11-26T12:00:00.000Z' })
  ]
  const answer = fit(items)

  t.strictSame(answer.items, items)
  t.equal(answer.text, `Call today:
- About a dog.
- agent: Any pets?
- Dana: It barks
Known facts:
- (last Thursday) Has a cat
- (today) Has a dog
Still open:
- (today) A call back
Notes:
- (today) Gate code 4471`)
})

t.test('bytes are counted, and what does not fit is skipped', async (t) => {
  const [wide, long, short] = [item('wide', 'Müller'), item('long', 'x'.repeat(40)), item('short', 'dog')]
  const { text, items } = fit([wide, long, short], 44)

  t.strictSame(items, [wide, short])
  t.equal(Buffer.byteLength(text), 44)
  t.strictSame(fit([wide, long, short], 43).items, [wide])
  t.strictSame(fit([wide], 29), { text: '', items: [] })
})

t.test('what is said twice is told once', async (t) => {
  t.strictSame(fit([item('1', 'Has a dog'), item('2', 'has a dog.')]).items.map(({ id }) => id), ['1'])
})

t.test('what is much weaker than the best is left out', async (t) => {
  const ranked = [1, 0.31, 0.29].map((score, place) => ({ item: item(String(score), `dog ${place}`), place, score }))
  t.strictSame(fitAnswer(ranked, 1500, '2026-11-28T12:00:00.000Z', 'UTC').items.map(({ id }) => id), ['1', '0.31'])
})

t.test('after many that do not fit, the rest is not tried', async (t) => {
  const long = Array.from({ length: 10 }, (_, n) => item(`long ${n}`, `${n}`.repeat(90)))
  t.strictSame(fit([item('1', 'dog'), ...long.slice(1), item('2', 'cat')], 100).items.map(({ id }) => id), ['1', '2'])
  t.strictSame(fit([item('1', 'dog'), ...long, item('2', 'cat')], 100).items.map(({ id }) => id), ['1'])
})

t.test('texts are made harmless and cut', async (t) => {
  const { text } = fit([item('1', `{{x}}\n${'y'.repeat(500)}`), item('2', '\u200b')])
  t.match(text, /^Known facts:\n- \(today\) \(\(x\)\) y+…$/)
  t.equal(text.length, 'Known facts:\n- (today) '.length + 400)
})

t.test('nothing found is nothing told', async (t) => {
  t.strictSame(fit([]), { text: '', items: [] })
})
