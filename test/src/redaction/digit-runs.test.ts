import t from 'tap'
import { digitRuns } from '../../../src/redaction/digit-runs.ts'

const groups = (text: string) => digitRuns(text).map((run) => run.map(({ digits }) => digits))

t.test('spaces, hyphens, dots and commas do not end a run of digits', async (t) => {
  for (const text of ['12 34', '12-34', '12.34', '12, 34', '12 - 34', '12‑34', '12\u00a034', '12\u200b34', '12… 34', '12     34']) t.strictSame(groups(text), [['12', '34']], text)
  for (const text of ['12 and 34', '12/34', '12: 34', '12      34', '12) 34']) t.strictSame(groups(text), [['12'], ['34']], text)
  t.strictSame(groups('no digits'), [])
})

t.test('spoken digits count as digits', async (t) => {
  t.strictSame(groups('four one, Double seven oh'), [['4', '1', '77', '0']])
  t.strictSame(groups('5 triple nine'), [['5', '999']])
  t.strictSame(groups('someone tone ones one1 x1one: two'), [['1'], ['1'], ['2']])
})

t.test('the name Otto is no eight, unless it is said among number words', async (t) => {
  t.strictSame(groups('Otto 123 45 6789'), [['123', '45', '6789']])
  t.strictSame(groups('Ask Otto. It is 12'), [['12']])
  t.strictSame(groups('Otto due tre, quattro Otto'), [['8', '2', '3', '4', '8']])
  t.strictSame(groups('otto 12'), [['8', '12']])
})

t.test('a group has its position, the separator before it, and whether a plus comes before it', async (t) => {
  t.strictSame(digitRuns('x ４２-7, + 1'), [
    [{ from: 2, to: 4, digits: '42', gap: '', hasPlus: false }, { from: 5, to: 6, digits: '7', gap: '-', hasPlus: false }],
    [{ from: 10, to: 11, digits: '1', gap: '', hasPlus: true }]
  ])
})
