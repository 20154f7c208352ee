import t from 'tap'
import { Value } from '@sinclair/typebox/value'
import type { CallerRecord } from '../../../schemas/caller-record.ts'
import { recordVectors, storedVectors } from '../../../src/recall/record-vectors.ts'
import { storedVector } from '../../../src/recall/vectors.ts'
import { embedded } from '../../fake-embeddings.ts'
import { checks, deepFreeze } from '../../stored.ts'
import { callers, NOW } from './callers.ts'

const record = deepFreeze(callers[0]!.record)
const small = recordVectors('small')

const madeFor = (missing: ReadonlyMap<string, string>) =>
  new Map([...missing].map(([mark, text]) => [mark, storedVector(embedded(text), mark)]))
const complete = (from: CallerRecord, vectors = small) =>
  deepFreeze(vectors.applied(from, madeFor(vectors.missing(from, NOW)), NOW))
const full = complete(record)
const holders = ({ facts, open_items: items = [], notes, calls }: CallerRecord) => ({
  words: [...facts, ...items, ...notes].filter(({ vector }) => vector !== undefined).length,
  calls: calls.map(({ vectors }) => vectors?.length ?? 0)
})

t.test('all that can be recalled has a vector, and the record is one that can be stored', async (t) => {
  t.equal(small.missing(record, NOW).size, storedVectors(full).size)
  t.equal(small.missing(full, NOW).size, 0)
  t.equal(holders(full).words, record.facts.length + record.open_items!.length + record.notes.length)
  t.ok(holders(full).calls.every((count) => count >= 2), 'of the summary, and of turns')
  t.ok(checks.caller(JSON.parse(JSON.stringify(full))))
})

t.test('nothing else in the record changes', async (t) => {
  const without = JSON.parse(JSON.stringify(full), (key, value) => ['vector', 'vectors'].includes(key) ? undefined : value)
  t.strictSame(without, JSON.parse(JSON.stringify(record)))
  t.equal(small.applied(full, new Map(), NOW), full, 'the same record if nothing changes')
  t.equal(small.applied(record, new Map(), NOW), record)
})

t.test('what was changed, or is over, or was said otherwise, loses its vector', async (t) => {
  const [first, second, ...facts] = full.facts
  const [call, ...calls] = full.calls
  const changed = {
    ...full,
    facts: [{ ...first!, text: 'Quite another thing' }, { ...second!, superseded_by: 'other' }, ...facts],
    open_items: full.open_items!.map((item) => ({ ...item, closed_at: NOW })),
    notes: full.notes.map((note) => ({ ...note, expires_at: NOW })),
    calls: [{ ...call!, withheld: ['title', 'summary'] as Array<'title' | 'summary'>, transcript: call!.transcript!.slice(0, 1) }, ...calls]
  }
  const applied = small.applied(changed, new Map(), NOW)

  t.equal(holders(applied).words, full.facts.length - 2)
  t.strictSame(applied.facts.map(({ vector }) => vector), [undefined, undefined, ...facts.map(({ vector }) => vector)])
  t.notOk('vector' in applied.facts[0]! || 'vectors' in applied.calls[0]!)
  t.strictSame([...small.missing(changed, NOW).values()], ['Quite another thing', call!.transcript![0]!.text])
})

t.test('a vector that was made meanwhile of words that are gone is not kept', async (t) => {
  const made = madeFor(small.missing(record, NOW))
  const forgotten = { ...record, facts: record.facts.slice(1), calls: [] }
  const applied = small.applied(forgotten, made, NOW)
  t.equal(holders(applied).words, storedVectors(applied).size)
  t.notOk(JSON.stringify(applied).includes(full.facts[0]!.vector!))
})

t.test('vectors of another model are missing, and are replaced', async (t) => {
  const large = recordVectors('large')
  t.equal(large.missing(full, NOW).size, small.missing(record, NOW).size)
  const replaced = complete(full, large)
  t.equal(storedVectors(replaced).size, storedVectors(full).size)
  t.strictSame([...storedVectors(replaced).keys()].filter((mark) => storedVectors(full).has(mark)), [])
})

t.test('the same words in two places have one vector, and a record of an older version can have them', async (t) => {
  const { open_items: none, ...old } = record
  const [fact] = record.facts
  const twice = { ...old, facts: [fact!, { ...fact!, id: 'again' }], notes: [], calls: [] }
  t.equal(small.missing(twice, NOW).size, 1)
  const applied = complete(twice)
  t.equal(applied.facts[0]!.vector, applied.facts[1]!.vector)
  t.notOk('open_items' in applied)
})

t.test('a long call has no more vectors than the record allows', async (t) => {
  const [call] = record.calls
  const transcript = Array.from({ length: 2000 }, (_, n) => ({ number: n + 1, role: 'user' as const, text: `${n} said so`.padEnd(30, '.') }))
  const applied = complete({ ...record, calls: [{ ...call!, transcript }] })
  t.equal(holders(applied).calls[0], 1 + Math.ceil(2000 / 13))
  t.ok(checks.caller(JSON.parse(JSON.stringify(applied))))
})

t.test('the long work can be done before, in slices', async (t) => {
  await small.prepare(record)
  t.ok(Value.Equal(complete(record), full))
})
