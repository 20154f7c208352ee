/** What a tool did during a call is not undone by its end, or by learning from it. */
import t from 'tap'
import type { Call, CallerRecord, Fact, Turn } from '../../../schemas/caller-record.ts'
import type { FactOperation } from '../../../schemas/model-answer.ts'
import { withJob } from '../../../src/caller/learning-jobs.ts'
import { applyAnswer } from '../../../src/learning/apply-answer.ts'
import { traceOf } from '../../../src/learning/forgotten.ts'
import { settledByTool } from '../../../src/learning/settled-by-tools.ts'
import { call, fact, record } from '../prompt/samples.ts'
import { at } from '../../stored.ts'

const toolFact = (text: string, more: Partial<Fact> = {}) =>
  fact(text, { source: 'tool', conversation_id: 'conv_1', created_at: at(10), updated_at: at(10), ...more })

/** Learns from a call in which the caller said this; all turns are named as evidence. */
function learnt (
  before: Partial<CallerRecord>, said: string[], operations: Array<Partial<FactOperation>>, more: Partial<Call> = {},
  items: string[] = []
) {
  const turns = said.map((text, n): Turn => ({ number: n + 1, role: 'user', text }))
  const start = record({ calls: [call(1, 'Talked.', { started_at: at(0), ended_at: at(60), ...more })], ...before })
  const { caller, result } = applyAnswer({
    conversationId: 'conv_1',
    answer: {
      operations: operations.map((operation) => ({ op: 'add', fact_id: null, text: null, category: 'other', confidence: 0.9, turns: turns.map(({ number }) => number), ...operation })),
      caller_name: null,
      language: null,
      open_items: items.map((text) => ({ op: 'open', item_id: null, text, turns: [1] })),
      malformed: 0
    },
    turns,
    saidAt: at(60),
    minConfidence: 0.7,
    reading: { startedAt: at(0), timeZone: 'UTC', parseDates: () => [] },
    mask: (text) => text,
    ids: [...operations, ...items].map((_, n) => `new-${n}`),
    now: at(90)
  })({ record: withJob(start, 'conv_1', turns, at(61)), erasedAt: null })
  const after = caller.record?.remember ? caller.record : record()
  const current = after.facts.filter(({ superseded_by: by, state }) => by === null && state === undefined)
  return { current: current.map(({ text }) => text), after, result }
}

t.test('what a tool stored is not learnt a second time', async (t) => {
  const said = ['Please leave my parcels with the neighbour from now on.']
  for (const text of ['Parcels left with the neighbour', 'The caller wants parcels left with the neighbour', 'Wants the neighbour to have left parcels']) {
    const { current } = learnt({ facts: [toolFact('Wants parcels left with the neighbour')] }, said, [{ text }])
    t.strictSame(current, ['Wants parcels left with the neighbour'], text)
  }
  const { current } = learnt({ facts: [toolFact('Likes tea')] }, ['I like tea with milk, but no sugar.'], [{ text: 'Likes tea with milk' }])
  t.strictSame(current, ['Likes tea', 'Likes tea with milk'], 'what adds something is learnt')
  const other = learnt({ facts: [toolFact('Wants parcels left with the neighbour', { conversation_id: 'conv_0' })] }, said, [{ text: 'Parcels left with the neighbour' }])
  t.equal(other.current.length, 2, 'of another call, only near-repeats count')
})

t.test('what a tool stored is neither retired nor replaced by learning from the same call', async (t) => {
  const tea = toolFact('Likes tea')
  const said = ['I like tea. I never liked tea. I like coffee.']

  t.match(learnt({ facts: [tea] }, said, [{ op: 'retire', fact_id: tea.id }]), { current: ['Likes tea'], result: { dropped: { settled: 1 } } })
  t.match(learnt({ facts: [tea] }, said, [{ op: 'update', fact_id: tea.id, text: 'Likes coffee' }]), { current: ['Likes tea'], result: { dropped: { settled: 1 } } })
  const earlier = toolFact('Likes tea', { conversation_id: 'conv_0', created_at: at(-100), updated_at: at(-100) })
  t.strictSame(learnt({ facts: [earlier] }, ['I like coffee now.'], [{ op: 'update', fact_id: earlier.id, text: 'Likes coffee' }]).current, ['Likes coffee'], 'a later call may')
})

t.test('what a tool corrected does not come back', async (t) => {
  const coffee = toolFact('Likes coffee')
  const tea = fact('Likes tea', { superseded_by: coffee.id, ended_at: at(10) })

  t.match(learnt({ facts: [tea, coffee] }, ['I like tea. No, I like coffee.'], [{ text: 'Likes tea' }]), { current: ['Likes coffee'], result: { dropped: { settled: 1 } } })
})

t.test('what a later call corrected or forgot does not come back, nor the words in which it was said', async (t) => {
  const coffee = toolFact('Likes coffee', { conversation_id: 'conv_2', created_at: at(70), updated_at: at(70) })
  const tea = fact('Likes tea', { superseded_by: coffee.id, ended_at: at(70) })
  t.match(learnt({ facts: [tea, coffee] }, ['I like tea.'], [{ text: 'Likes tea' }]), { current: ['Likes coffee'], result: { dropped: { settled: 1 } } })

  const forgot = (startedAt: string, forgottenAt: string) => call(2, null, {
    started_at: startedAt,
    forgotten: [traceOf('Is allergic to hazelnuts')],
    tools: [{ tool: 'forget', at: forgottenAt, ms: 1, outcome: 'forgotten', ids: [] }]
  })
  const before = call(1, 'Talked.', { started_at: at(0), ended_at: at(60) })
  const said = ['I am allergic to hazelnuts and I have a dog.']
  const operations = [{ text: 'Is allergic to hazelnuts' }, { text: 'Has a dog' }]
  const later = learnt({ calls: [before, forgot(at(65), at(70))] }, said, operations, {}, ['Send hazelnuts'])
  t.notMatch(JSON.stringify({ facts: later.after.facts, items: later.after.open_items }), /hazelnut/)
  const beside = learnt({ calls: [forgot(at(-10), at(20)), before] }, said, operations)
  t.notMatch(JSON.stringify(beside.after.facts), /hazelnut/)
  t.equal(settledByTool(record({ calls: [before, forgot(at(65), at(70))] }), 'conv_1', 'Is allergic to hazelnuts'), 'settled')
  const earlier = learnt({ calls: [forgot(at(-100), at(-90)), before] }, said, operations)
  t.strictSame(earlier.current, ['Is allergic to hazelnuts', 'Has a dog'], 'a call that began afterwards may say so again')
})

t.test('an update to what a tool stored supersedes the old fact without a second new one', async (t) => {
  const tea = fact('Likes tea', { created_at: at(-100), updated_at: at(-100), source: 'call' })
  const coffee = toolFact('Likes coffee with milk')

  const { current, after } = learnt({ facts: [tea, coffee] }, ['I like coffee with milk now.'], [{ op: 'update', fact_id: tea.id, text: 'Likes milk with coffee' }])

  t.strictSame(current, ['Likes coffee with milk'])
  t.equal(after.facts.find(({ id }) => id === tea.id)?.superseded_by, coffee.id)
})

t.test('what a tool forgot is learnt neither as a fact nor as an open item', async (t) => {
  const forgotten = [traceOf('Is allergic to peanuts')]
  const said = ['My allergy is about peanuts.', 'I like opera.']

  t.match(learnt({}, said, [{ text: 'Has a peanut allergy' }, { text: 'Likes opera' }], { forgotten }, ['Peanut allergy is to be noted']), {
    current: ['Likes opera'], result: { dropped: { settled: 2 }, opened: 0 }
  })
})
