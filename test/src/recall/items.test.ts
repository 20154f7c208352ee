import t from 'tap'
import { loadLanguage } from '../../../src/language/languages.ts'
import { createRecallIndexes } from '../../../src/tools/recall-indexes.ts'
import { callers, NOW } from './callers.ts'

const [{ record }] = callers as [typeof callers[number]]
const english = await loadLanguage('en')
/** What an index of it has. */
async function itemsOf (of: typeof record) {
  const { parts } = await createRecallIndexes('UTC').of(of, english, NOW)
  return parts.flatMap(({ items }) => items)
}
const ids = async (changed: Partial<typeof record>) => (await itemsOf({ ...record, ...changed })).map(({ id }) => id)

t.test('what can be recalled has its own id', async (t) => {
  const all = await ids({})
  t.equal(new Set(all).size, all.length)
  t.strictSame([...new Set((await itemsOf(record)).map(({ kind }) => kind))], ['fact', 'open_item', 'note', 'summary', 'turn'])
})

t.test('what is over is not recalled', async (t) => {
  const [fact] = record.facts as [typeof record.facts[number]]
  const [note] = record.notes as [typeof record.notes[number]]
  const [item] = record.open_items as [NonNullable<typeof record.open_items>[number]]

  t.strictSame(await ids({
    facts: [{ ...fact, superseded_by: 'other' }, { ...fact, state: 'pending' }, { ...fact, expires_at: NOW }, { ...fact, id: 'now' }],
    notes: [{ ...note, expires_at: NOW }],
    open_items: [{ ...item, closed_at: NOW }],
    calls: []
  }), ['now'])
})

t.test('a call gives its title, the sentences of its summary and its turns', async (t) => {
  const [call] = record.calls as [typeof record.calls[number]]
  const common = { at: call.started_at, callId: '1' }
  const transcript = [{ number: 7, role: 'agent' as const, text: 'Hello' }, { number: 8, role: 'user' as const, text: 'Hi' }]
  const calls = [{ ...call, title: 'Boiler', summary: 'It bangs! Since the 3. of May.  Dana 怒った。明日。 ', transcript }]

  t.strictSame(await itemsOf({ ...record, facts: [], notes: [], open_items: [], calls }), [
    { id: '1/summary/1', kind: 'summary', text: 'Boiler', ...common },
    { id: '1/summary/2', kind: 'summary', text: 'It bangs!', ...common },
    { id: '1/summary/3', kind: 'summary', text: 'Since the 3. of May.', ...common },
    { id: '1/summary/4', kind: 'summary', text: 'Dana 怒った。', ...common },
    { id: '1/summary/5', kind: 'summary', text: '明日。', ...common },
    { id: '1/7', kind: 'turn', text: 'Hello', speaker: 'agent', ...common },
    { id: '1/8', kind: 'turn', text: 'Hi', speaker: 'Dana Whitfield', ...common }
  ])
})

t.test('a call without title, summary and transcript gives nothing, and old records have no open items', async (t) => {
  const { transcript, ...call } = record.calls[0]!
  const { open_items: none, ...old } = record
  t.strictSame(await itemsOf({ ...old, facts: [], notes: [], calls: [{ ...call, title: null, summary: null }] }), [])
})

t.test('a caller without a name is the caller', async (t) => {
  const spoken = (await itemsOf({ ...record, caller_name: null })).flatMap(({ speaker }) => speaker ?? [])
  t.strictSame([...new Set(spoken)], ['agent', 'caller'])
})
