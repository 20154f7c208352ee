/** The audit's row: the prompt is filled by worth, not only by age. */
import t from 'tap'
import type { Fact } from '../../../schemas/caller-record.ts'
import { rankedFacts, scoreOf, worthOf } from '../../../src/prompt/fact-worth.ts'
import { memoryBlock } from '../../../src/prompt/memory-block.ts'
import { fact, memoryInput, record } from './samples.ts'

const said = (text: string, day: string, more: Partial<Fact> = {}) =>
  fact(text, { source: 'call', created_at: `${day}T00:00:00.000Z`, updated_at: `${day}T00:00:00.000Z`, ...more })
const order = (...facts: Fact[]) => rankedFacts(facts).others.map(({ text }) => text)

t.test('how to reach the caller and what they prefer goes before newer small talk', async (t) => {
  t.strictSame(order(
    said('small talk', '2026-11-20', { category: 'other' }),
    said('a person', '2026-11-01', { category: 'person' }),
    said('a preference', '2026-11-01', { category: 'preference' }),
    said('a contact', '2026-11-01', { category: 'contact' }),
    fact('from the operator', { created_at: '2026-11-02T00:00:00.000Z' })
  ), ['from the operator', 'a contact', 'a preference', 'a person', 'small talk'])
})

t.test('what was said again goes before what was said once and later', async (t) => {
  t.strictSame(order(
    said('once', '2026-11-20', { category: 'preference' }),
    said('three times', '2026-09-01', { category: 'preference', confirmed: 2, updated_at: '2026-11-01T00:00:00.000Z' })
  ), ['three times', 'once'])
})

t.test('what was said two months before needs to be more than small talk', async (t) => {
  t.strictSame(order(said('old', '2026-05-01', { category: 'contact' }), said('new', '2026-11-20')), ['new', 'old'])
})

t.test('a backfill does not make an old fact new', async (t) => {
  t.equal(scoreOf(said('x', '2026-05-01', { updated_at: '2026-11-20T00:00:00.000Z' })), scoreOf(said('x', '2026-05-01')))
})

t.test('an unknown category counts as small talk', async (t) => {
  t.equal(scoreOf(said('x', '2026-11-01', { category: 'constructor' })), scoreOf(said('x', '2026-11-01', { category: 'other' })))
})

t.test('the order of a list is worked out once, and what is over is left out at the ring', async (t) => {
  let looks = 0
  const facts = Array.from({ length: 300 }, (_, n) => Object.defineProperty(fact(`fact ${n}`), 'created_at', {
    get: () => { looks++; return '2026-11-01T00:00:00.000Z' }
  }))
  const of = (now: string) => memoryBlock(memoryInput({ record: record({ facts }), now, maxChars: 400 })).told.length
  of('2026-11-22T00:00:00.000Z')
  const before = looks
  t.ok(before >= 300)

  of('2026-11-23T00:00:00.000Z')

  t.equal(looks, before, 'a second ring looks at none of them')
  const ends = [fact('ends', { expires_at: '2026-11-22T12:00:00.000Z' })]
  const told = (now: string) => memoryBlock(memoryInput({ record: record({ facts: ends }), now })).told.length
  t.strictSame([told('2026-11-22T11:59:59.000Z'), told('2026-11-22T12:00:00.000Z')], [2, 1])
})

t.test('the reason is something that a person understands', async (t) => {
  const reasons: Array<[Fact, string]> = [
    [fact('x', { created_at: '2026-11-22T23:30:00.000Z' }), 'Written by you on 2026-11-23'],
    [said('x', '2026-11-01', { category: 'preference' }), 'A preference, on 2026-11-01'],
    [said('x', '2026-11-01', { category: 'contact', confirmed: 2, updated_at: '2026-11-20T00:00:00.000Z' }), 'How to reach the caller, said 3 times, last on 2026-11-20'],
    [said('x', '2026-11-01', { source: 'collected' }), 'From your data collection, on 2026-11-01'],
    [said('x', '2026-11-01', { category: 'new kind' }), 'Said by the caller, on 2026-11-01']
  ]
  for (const [of, reason] of reasons) t.equal(worthOf(of, 'Europe/Berlin'), reason)
  const { told } = memoryBlock(memoryInput({ record: record({ facts: [fact('x', { pinned: true })] }) }))
  t.equal(told[1]?.because(), 'You pinned it. Written by you on 2026-11-01')
})
