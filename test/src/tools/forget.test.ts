import t from 'tap'
import type { CallerRecord, ToolCall } from '../../../schemas/caller-record.ts'
import { MAX_ENDED_FACTS } from '../../../src/caller/facts.ts'
import { loadLanguage } from '../../../src/language/languages.ts'
import { correct } from '../../../src/tools/correct.ts'
import { forgetOne, isEverything } from '../../../src/tools/forget.ts'
import { toolChange, type ToolUse, type ToolWork } from '../../../src/tools/tool-change.ts'
import { at, callerHash, deepFreeze } from '../../stored.ts'
import { call, fact, record } from '../prompt/samples.ts'

const english = await loadLanguage('en')

const use: ToolUse = {
  tool: 'forget',
  token: { phoneHash: callerHash(1), conversationId: 'conv_2', ids: { conversationId: 'conv_2', callSid: null }, issuedAt: at(0) },
  words: 'peanuts',
  newId: 'session',
  now: at(100),
  ms: 1
}

function run (before: CallerRecord, work: ToolWork) {
  const { caller, result } = toolChange(use, false, work)(deepFreeze({ record: before, erasedAt: null }))
  return { result, after: caller.record?.remember ? caller.record : record() }
}

t.test('the words of what is forgotten go from every place where they are stored as they were said', async (t) => {
  const peanuts = fact('Is allergic to peanuts', { source: 'call' })
  const waiting = fact('Is allergic to cashews', { source: 'call', state: 'pending', replaces: peanuts.id })
  const asMuch = fact('Is allergic to peanuts in hotels', { source: 'call', state: 'pending' })
  const line = (words: string, ids: string[] = []): ToolCall => ({ tool: 'recall', at: at(1), ms: 1, outcome: 'found', ids, words })
  const before = record({
    facts: [peanuts, waiting, fact('Likes opera', { evidence: 'I hate peanuts and love opera' }), asMuch],
    open_items: [{ id: 'item', text: 'Send the tickets', evidence: 'No peanuts, but send the tickets', conversation_id: 'conv_1', created_at: at(0), closed_at: null }],
    jobs: [{ conversation_id: 'conv_1', state: 'waiting', tries: 0, created_at: at(0), due_at: at(0), error: null, turns: [{ number: 1, role: 'user', text: 'No peanuts' }, { number: 2, role: 'user', text: 'Yes' }] }],
    calls: [
      call(1, 'Talked.', { tools: [line('peanut allergy'), line('what else', [peanuts.id]), line('opera')], told_words: [{ what: 'conv_0', text: 'Caller: peanuts kill me' }, { what: 'x', text: 'Has a dog' }] }),
      call(2, null, { transcript: [{ number: 1, role: 'user', text: 'Peanuts again' }, { number: 2, role: 'agent', text: 'Hello' }, { number: 3, role: 'user', text: 'Which hotels?' }] })
    ]
  })

  const { result, after } = run(before, forgetOne('peanuts', use, english))

  t.match(result, { outcome: 'forgotten', ids: [peanuts.id, waiting.id, asMuch.id], result: /It is deleted, with 2 other versions of it, with what was said of it in stored calls/ })
  t.notMatch(JSON.stringify(after), /peanut|cashew/i)
  t.match(after.calls[0], { tools: [{ words: undefined }, { words: undefined }, { words: 'opera' }], told_words: [{ what: 'x' }], forgotten: undefined })
  t.match(after.calls[1], { transcript: [{ text: 'Hello' }, { text: 'Which hotels?' }], forgotten: [String, String], tools: [{ tool: 'forget', words: undefined }] })
  t.match(after.facts, [{ text: 'Likes opera', evidence: null }])
  t.match(after.open_items, [{ text: 'Send the tickets', evidence: 'Send the tickets' }])
  t.strictSame(after.jobs?.[0]?.turns, [{ number: 2, role: 'user', text: 'Yes' }])
})

t.test('what you wrote or pinned stays, also when it is not told', async (t) => {
  const invoice = fact('Pays by invoice', { source: 'operator', state: 'retired', ended_at: at(1) })
  const pinned = fact('Likes tea a lot', { source: 'call', pinned: true, state: 'pending' })
  const before = record({ facts: [invoice, fact('Likes tea', { source: 'call' }), pinned], calls: [call(2, null)] })

  t.match(run(before, forgetOne('invoice', use, english)).result, { outcome: 'unknown' })
  t.strictSame(run(before, forgetOne('likes tea', use, english)).after.facts, [invoice, pinned])
})

t.test('versions of a fact go together, in whatever order they stand', async (t) => {
  const green = fact('Likes green tea', { source: 'call', state: 'retired', ended_at: at(2) })
  const tea = fact('Likes tea', { source: 'call', superseded_by: green.id, ended_at: at(1) })

  for (const facts of [[green, tea], [tea, green]]) {
    const { result, after } = run(record({ facts, calls: [call(2, null)] }), forgetOne('tea', use, english))
    t.match(result, { outcome: 'forgotten', ids: { length: 2 } })
    t.strictSame(after.facts, [])
  }
})

t.test('a call that says nothing of what is forgotten stays as it is', async (t) => {
  const opera = call(1, 'Talked.', { transcript: [{ number: 1, role: 'user', text: 'The opera, please' }], tools: [], told_words: [{ what: 'x', text: 'Likes opera' }] })
  const before = record({ facts: [fact('Is allergic to peanuts', { source: 'call' })], calls: [opera, call(2, null)] })

  t.equal(run(before, forgetOne('peanuts', use, english)).after.calls[0], opera)
})

t.test('facts that a tool has ended count like all others that have', async (t) => {
  const ended = Array.from({ length: MAX_ENDED_FACTS }, (_, n) => fact(`Old ${n}`, { state: 'retired', ended_at: at(n) }))
  const tea = fact('Likes tea', { source: 'call', created_at: at(0), updated_at: at(0) })
  const work = correct('tea', { id: 'new', text: 'Likes coffee', conversationId: 'conv_2', now: use.now }, english)

  const { result, after } = run(record({ facts: [...ended, tea], calls: [call(2, null)] }), work)

  t.equal(result.outcome, 'corrected')
  t.equal(after.facts.length, MAX_ENDED_FACTS + 1)
  t.notOk(after.facts.some(({ text }) => text === 'Old 0'))
})

t.test('everything is asked for in so many words', async (t) => {
  for (const what of ['everything', 'Everything.', ' all ', 'everything about me', 'all my data', 'alles', 'todo']) t.ok(isEverything(what), what)
  for (const what of ['everything about tea', 'tea', 'not everything', 'all deliveries', '']) t.notOk(isEverything(what), what)
})
