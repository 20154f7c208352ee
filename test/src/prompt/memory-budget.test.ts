import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { memoryBlock, type Reason } from '../../../src/prompt/memory-block.ts'
import { repeatKey } from '../../../src/caller/untrusted.ts'
import { anyNotes, anyRecord, call, fact, memoryInput, note, record } from './samples.ts'
import { runs } from '../../long.ts'

/** One line of each claim, all of the same length in the block. */
const full = memoryInput({
  record: record({
    facts: [fact('plain fact 0123456789', { created_at: '2026-11-02T00:00:00.000Z' }), fact('pinned fact 012345678', { pinned: true })],
    notes: [note('own note 012')],
    calls: [call(1, 'older 012'), call(2, 'newer 012')]
  }),
  callNumber: 3,
  globalNotes: [note('for all 0123')]
})

t.test('when the budget shrinks, lines give way in reverse order of priority', async (t) => {
  const order: Reason[] = ['caller', 'pinned-fact', 'last-call', 'caller-note', 'fact', 'global-note', 'older-call']
  const seen = new Set<string>()
  for (let maxChars = 600; maxChars >= 0; maxChars--) {
    seen.add(memoryBlock({ ...full, maxChars }).told.map(({ reason }) => reason).join())
  }

  for (let kept = order.length; kept > 0; kept--) t.ok(seen.has(order.slice(0, kept).join()), `there is a budget for the first ${kept} alone`)
})

t.test('among facts the newest go in first, among pinned ones too', async (t) => {
  const facts = ['2026-11-03', '2026-11-01', '2026-11-02'].map((day) => fact(`of ${day}`, { created_at: `${day}T00:00:00.000Z` }))
  const pinned = facts.map((each) => ({ ...each, text: `pinned ${each.text}`, pinned: true }))

  const { told } = memoryBlock(memoryInput({ record: record({ facts: [...facts, ...pinned] }) }))

  t.strictSame(told.slice(1).map(({ text }) => text), [
    'pinned of 2026-11-03', 'pinned of 2026-11-02', 'pinned of 2026-11-01', 'of 2026-11-03', 'of 2026-11-02', 'of 2026-11-01'
  ])
})

t.test('of two facts made at the same moment the later one is the newer', async (t) => {
  const { told } = memoryBlock(memoryInput({ record: record({ facts: [fact('first'), fact('second')] }) }))
  t.strictSame(told.slice(1).map(({ text }) => text), ['second', 'first'])
})

t.test('global notes never push out the caller\'s own lines', async (t) => {
  const own = record({
    facts: Array.from({ length: 5 }, (_, index) => fact(`fact ${index} ${'x'.repeat(40)}`)),
    notes: Array.from({ length: 5 }, (_, index) => note(`own ${index} ${'x'.repeat(40)}`))
  })
  const globalNotes = Array.from({ length: 10 }, (_, index) => note(`global ${index} ${'x'.repeat(30)}`))
  for (let maxChars = 0; maxChars <= 2000; maxChars += 83) {
    const alone = memoryBlock(memoryInput({ record: own, maxChars })).told
    const both = memoryBlock(memoryInput({ record: own, maxChars, globalNotes })).told
    t.strictSame(both.filter(({ reason }) => reason !== 'global-note').map(({ text }) => text), alone.map(({ text }) => text))
  }
})

t.test('without room for its fence there is no block, and everything is left out but who is calling, which has variables', async (t) => {
  const { text, told, leftOut } = memoryBlock({ ...full, maxChars: 100 })
  t.equal(text, '')
  t.strictSame(told.map(({ reason }) => reason), ['caller'])
  t.equal(leftOut().length, 6)
})

t.test('the block keeps its promises for any record and any budget', async () => {
  const input = fc.record({
    record: anyRecord(),
    globalNotes: anyNotes(),
    maxChars: fc.oneof(fc.integer({ min: 0, max: 600 }), fc.integer({ min: 0, max: 16_000 })),
    callNumber: fc.integer({ min: 1, max: 9 })
  }).map((fields) => memoryInput(fields))

  fc.assert(fc.property(input, (of) => {
    const { text, told, leftOut } = memoryBlock(of)
    const lines = text.split('\n').slice(3, -1)
    // Of two lines that say the same, the shorter can find room where the other did not.
    const placed = new Set([...told, ...leftOut()].map(({ content }) => repeatKey(content)))
    const everything = memoryBlock({ ...of, maxChars: 1_000_000 }).told

    assert.ok(text.length <= of.maxChars, 'the block is never longer than allowed')
    assert.equal(new Set(lines).size, lines.length, 'no line comes twice')
    assert.ok(told.every((line) => text.includes(line.text) || line.reason === 'caller'), 'what counts as told is in the text')
    assert.ok(everything.every(({ content }) => placed.has(repeatKey(content))), 'what is not told is left out, and content so')
    assert.ok(told.filter(({ reason }) => reason === 'global-note').length <= 10, 'at most 10 global notes are told')
  }), { numRuns: runs(300) })
})
