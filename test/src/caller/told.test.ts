/** "Why did it say that?": the audit's rows about calls of the past. */
import t from 'tap'
import type { CallerRecord, GlobalNotes } from '../../../schemas/caller-record.ts'
import type { Caller } from '../../../src/caller/caller.ts'
import { MAX_CALLS } from '../../../src/caller/calls.ts'
import { correctFact, removeFact } from '../../../src/caller/facts.ts'
import { removeCallerNote, removeGlobalNote } from '../../../src/caller/notes.ts'
import { beginCall, foldRing } from '../../../src/caller/open-ring.ts'
import { changeProfile, erase, withLearntProfile } from '../../../src/caller/profile.ts'
import { expire } from '../../../src/caller/retention.ts'
import { toldInCall, withWordsOfLostFacts } from '../../../src/caller/told.ts'
import { at, callerHash, contextOf, deepFreeze } from '../../stored.ts'
import { call, fact, note, record } from '../prompt/samples.ts'

const dana = callerHash(1)
const GLOBAL: GlobalNotes = { version: 1, notes: [note('We close at noon', { id: 'note-all' })] }

const known = record({
  caller_name: 'Dana',
  created_at: at(0),
  facts: [fact('Has a dog', { id: 'fact-1' })],
  notes: [note('Owes us a key', { id: 'note-own' })],
  open_items: [{ id: 'item-1', text: 'We call back', evidence: '', conversation_id: null, created_at: at(0), closed_at: null }],
  calls: [call(1, 'Asked about the key.', { title: 'Key' })],
  call_count: 1
})
const TOLD = [`name-${at(0)}`, 'fact-1', 'conv_1', 'item-1', 'note-own', 'note-all']

/** The caller after a call that was told all of it. */
const told = (caller: Caller, seconds = 10, id = 'conv_2') => beginCall(
  contextOf(dana, seconds), { conversationId: id, callSid: null }, 'inbound', () => ({ told: TOLD, result: null })
)(caller).caller
const after = deepFreeze(told({ record: known, erasedAt: null }))
const recordOf = ({ record }: Caller) => record as CallerRecord
const wordsIn = (caller: Caller, notes: GlobalNotes = GLOBAL, id = 'conv_2') =>
  toldInCall(caller, id, notes).items.map(({ kind, text, deletedAt }) => [kind, text ?? deletedAt])

const ALL = [
  ['name', 'Dana'], ['fact', 'Has a dog'], ['call', 'Key. Asked about the key.'], ['open-item', 'We call back'], ['note', 'Owes us a key'],
  ['global-note', 'We close at noon']
]

t.test('an old call shows the words that were said, by its number or its id', async (t) => {
  t.strictSame(wordsIn(after), ALL)
  t.strictSame(wordsIn(after, GLOBAL, '2'), ALL)
  for (const id of ['conv_9', '9', '']) t.throws(() => wordsIn(after, GLOBAL, id), { code: 'BRIDGE_CALL_UNKNOWN', statusCode: 404 })
  t.throws(() => wordsIn({ record: null, erasedAt: null }), { code: 'BRIDGE_CALL_UNKNOWN' })
})

t.test('the words of facts and of notes for everybody are not written a second time', async (t) => {
  t.strictSame(recordOf(after).calls.at(-1)?.told_words?.map(({ what }) => what), [`name-${at(0)}`, 'item-1', 'note-own', 'conv_1'])
})

t.test('the line of a ring has no words, and the record gets those that held at the ring', async (t) => {
  const caller: Caller = deepFreeze({ record: known, erasedAt: null })
  const begin = beginCall(contextOf(dana, 10), { conversationId: 'conv_2', callSid: null }, 'inbound', () => ({ told: TOLD, result: null }))
  const { ring } = begin(caller)

  t.notMatch(JSON.stringify(ring), /Dana|dog|key|call back/i)
  t.strictSame(wordsIn(foldRing(caller, { ...ring!, had_record: true })), ALL)
})

t.test('a correction by the operator does not change what an old call shows', async (t) => {
  const corrected = correctFact('fact-1', { text: 'Has a cat' }, { newId: 'fact-2', now: at(20) })(after).caller
  const renamed = changeProfile(contextOf(dana, 21), { caller_name: 'Dayna' })(corrected).caller

  t.strictSame(wordsIn(renamed), ALL)
  t.match(renamed.record, { caller_name: 'Dayna', names: [{ text: 'Dana', ended_at: at(21) }, { id: `name-${at(21)}`, text: 'Dayna', ended_at: null }] })
})

t.test('a name that a call learns is a revision, too', async (t) => {
  const learnt = withLearntProfile({ ...recordOf(after), learnt_fields: ['caller_name'] }, { caller_name: 'Dayna', language: null }, true, at(30))

  t.match(learnt.names, [{ text: 'Dana', ended_at: at(30) }, { text: 'Dayna', source: 'call' }])
  t.strictSame(wordsIn({ record: learnt, erasedAt: null }), ALL)
})

t.test('what has ended, was folded or made room is still shown', async (t) => {
  const ended = { ...recordOf(after), facts: [fact('Has a dog', { id: 'fact-1', expires_at: at(15) })], notes: [note('Owes us a key', { id: 'note-own', expires_at: at(15) })], open_items: [] }
  const { caller: swept, result } = expire({ now: at(20), latest: at(20), erasedAt: at(20), marksSince: at(0), callersSince: '2026-01-01T00:00:00.000Z' })({ record: ended, erasedAt: null })

  t.match(result, { facts: 1, notes: 1 })
  t.strictSame(wordsIn(swept).map(([, text]) => text), ALL.map(([, text]) => text))

  let caller: Caller = swept
  for (let n = 3; n <= MAX_CALLS + 1; n++) caller = told(caller, 20 + n, `conv_${n}`)
  t.equal(recordOf(caller).folded_calls[0]?.conversation_id, 'conv_1', 'the call that was told is not in full any more')
  t.strictSame(wordsIn(caller)[2], ['call', 'Key. Asked about the key.'])
})

t.test('what the operator deletes is shown as deleted, never as words', async (t) => {
  const gone = [removeFact('fact-1', at(20)), removeCallerNote('note-own', at(21)), changeProfile(contextOf(dana, 22), { caller_name: null })]
    .reduce<Caller>((caller, change) => deepFreeze(change(caller).caller), after)
  const notes = removeGlobalNote('note-all', at(23))(GLOBAL).value!

  t.strictSame(wordsIn(gone, notes).map(([, text]) => text), [at(22), at(20), 'Key. Asked about the key.', 'We call back', at(21), at(23)])
  t.notMatch(JSON.stringify([gone, notes]), /Dana|dog|Owes|noon/)
})

t.test('deleting a fact deletes the words of what it superseded, wherever they went', async (t) => {
  const corrected = correctFact('fact-1', { text: 'Has a cat' }, { newId: 'fact-2', now: at(20) })(after).caller
  t.notMatch(JSON.stringify(removeFact('fact-2', at(21))(corrected).caller), /dog|cat/)

  const lost = withWordsOfLostFacts(recordOf(after), { ...recordOf(after), facts: [fact('x', { id: 'y', superseded_by: null })] })
  t.strictSame(wordsIn({ record: lost, erasedAt: null })[1]?.[1], 'Has a dog')
})

t.test('what no call was told leaves no trace when it is deleted', async (t) => {
  const untold = { record: { ...known, calls: [] }, erasedAt: null }
  t.notOk('deleted' in recordOf(removeFact('fact-1', at(20))(untold).caller))
})

t.test('an erasure removes all of it', async (t) => {
  t.strictSame(erase(at(20))(after).caller, { record: null, erasedAt: at(20) })
})

t.test('a call of a version that kept no words shows what is still there', async (t) => {
  const { told_words: _, ...old } = recordOf(after).calls.at(-1)!
  const caller = { record: { ...known, notes: [], calls: [...known.calls, { ...old, told: [...TOLD, 'gone'] }] }, erasedAt: null }
  t.strictSame(wordsIn(caller).map(([, text]) => text), [null, 'Has a dog', null, 'We call back', null, 'We close at noon', null])
})
