import t from 'tap'
import { loadLanguage } from '../../../src/language/languages.ts'
import { search } from '../../../src/recall/ranking.ts'
import { createRecallIndexes } from '../../../src/tools/recall-indexes.ts'
import { callers, NOW } from '../recall/callers.ts'

const [{ record: written }] = callers as [typeof callers[number]]
const [first] = written.facts as [typeof written.facts[number]]
const extra = Array.from({ length: 250 }, (_, n) => ({ ...first, id: `extra-${n}`, text: `Extra number ${n}` }))
const record = { ...written, facts: [...extra, ...written.facts] }
const english = await loadLanguage('en')
const questions = [...Object.keys(callers[0]!.questions).slice(0, 3), 'boiler key', 'extra 17']

t.test('an index that grew finds what a new one finds', async (t) => {
  const grown = createRecallIndexes('UTC')
  const fact = { ...first, id: 'new', text: 'Keeps the boiler key under the mat' }
  const [call, ...calls] = record.calls as [typeof record.calls[number]]
  const states = [
    record,
    { ...record, facts: [...record.facts, fact] },
    { ...record, facts: record.facts.slice(1) },
    { ...record, caller_name: 'Somebody Else' },
    { ...record, notes: [] },
    { ...record, calls: [{ ...call, transcript: call.transcript!.slice(1), summary: 'About something else' }, ...calls] },
    record
  ]
  for (const state of states) {
    const [old, young] = [await grown.of(state, english, NOW), await createRecallIndexes('UTC').of(state, english, NOW)]
    for (const question of questions) {
      t.strictSame(search(old, question, NOW), search(young, question, NOW), question)
    }
  }
})

t.test('only what has changed is indexed again', async (t) => {
  const indexes = createRecallIndexes('UTC')
  const { parts } = await indexes.of(record, english, NOW)
  const line = { tool: 'recall' as const, at: NOW, ms: 1, outcome: 'found', ids: [] }
  const withLines = { ...record, calls: record.calls.map((call) => ({ ...call, tools: [line], told: ['a'] })) }
  const again = { ...structuredClone(withLines), facts: [...record.facts, { ...first, id: 'new' }] }

  const same = (await indexes.of(withLines, english, NOW)).parts
  t.ok(same.length === parts.length && same.every((part, n) => part === parts[n]))
  const grown = (await indexes.of(again, english, NOW)).parts
  t.equal(grown.filter((part) => !parts.includes(part)).length, 1, 'the last facts')
  const german = await loadLanguage('de')
  const inGerman = (await indexes.of(again, german, NOW)).parts
  t.notOk(inGerman.some((part) => grown.includes(part)), 'another language has other words')
})

t.test('while many items are indexed, others get a turn', async (t) => {
  let turns = 0
  const count = () => { turns++; setImmediate(count).unref() }
  setImmediate(count)
  const facts = Array.from({ length: 2500 }, (_, n) => ({ ...first, id: `fact-${n}` }))
  await createRecallIndexes('UTC').of({ ...record, facts }, english, NOW)
  t.ok(turns >= 5, `${turns} turns`)
})
