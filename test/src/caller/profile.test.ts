import t from 'tap'
import { hasOptedOut, activeRecord, recordToChange, type Caller } from '../../../src/caller/caller.ts'
import { recordCallStart } from '../../../src/caller/calls.ts'
import { addCallerNote } from '../../../src/caller/notes.ts'
import { changeProfile, dropErasureMark, erase, withLearntProfile } from '../../../src/caller/profile.ts'
import { at, callerHash, contextOf, deepFreeze, fact } from '../../stored.ts'

const dana = callerHash(1)
const nobody: Caller = { record: null, erasedAt: null }
const stub = { phone_hash: dana, remember: false as const }
const optedOut: Caller = deepFreeze({ record: stub, erasedAt: at(5) })
const known: Caller = deepFreeze([
  fact(dana, 'likes tea'),
  addCallerNote(contextOf(dana, 1), { id: 'n', text: 'x', created_at: at(1), expires_at: null }),
  recordCallStart(contextOf(dana, 2), { conversationId: 'conv_1', callSid: null }, 'inbound'),
  recordCallStart(contextOf(dana, 3), { conversationId: 'conv_2', callSid: null }, 'inbound')
].reduce((caller: Caller, change) => change(caller).caller, nobody))

const patch = (
  change: Parameters<typeof changeProfile>[1],
  seconds = 9
) => changeProfile(contextOf(dana, seconds), change)

t.test('name and language are set, kept and cleared one by one', async (t) => {
  const named = patch({ caller_name: 'Dana', language: 'en' })(known)
  t.match(named.result, { caller_name: 'Dana', language: 'en', facts: [{ text: 'likes tea' }], call_count: 2 })
  t.equal(named.caller.record, named.result)

  t.match(patch({ language: 'de' })(named.caller).result, { caller_name: 'Dana', language: 'de' })
  t.match(patch({ caller_name: null })(named.caller).result, { caller_name: null, language: 'en' })
  t.strictSame(patch({})(named.caller).result, named.result)
})

t.test('what the operator sets is not learnt any more', async (t) => {
  const record = withLearntProfile(activeRecord(known)!, { caller_name: 'Dana', language: 'en' }, true, at(4))
  t.strictSame(record.learnt_fields, ['caller_name', 'language'])

  const learntAfter = (change: Parameters<typeof patch>[0]) =>
    activeRecord(patch(change)({ ...known, record }).caller)?.learnt_fields
  t.strictSame(learntAfter({ caller_name: 'Dayna' }), ['language'])
  t.strictSame(learntAfter({ language: null }), ['caller_name'])
  t.strictSame(learntAfter({ caller_name: 'Dayna', language: 'de' }), undefined)
})

t.test('a caller can be known before their first call', async (t) => {
  const { caller } = patch({ caller_name: 'Dana' })(nobody)

  t.match(caller, { record: { phone_hash: dana, session_id: 'session-9', caller_name: 'Dana', created_at: at(9), call_count: 0 }, erasedAt: null })
})

t.test('opting out erases everything and leaves an erasure mark, for an unknown caller, too', async (t) => {
  for (const caller of [known, nobody]) {
    const out = patch({ remember: false, caller_name: 'Dana' })(caller)

    t.strictSame(out.caller, { record: stub, erasedAt: at(9) })
    t.strictSame(out.result, stub)
  }
})

t.test('opting out again changes nothing', async (t) => {
  t.equal(patch({ remember: false })(optedOut).caller, optedOut)
})

t.test('a caller who opted out gets no name until they opt in again', async (t) => {
  t.throws(() => patch({ caller_name: 'Dana' })(optedOut), { code: 'BRIDGE_CALLER_OPTED_OUT', statusCode: 409 })
  t.throws(() => patch({})(optedOut), { code: 'BRIDGE_CALLER_OPTED_OUT' })

  const { caller } = patch({ remember: true, caller_name: 'Dana' })(optedOut)

  t.match(caller, {
    record: { phone_hash: dana, remember: true, caller_name: 'Dana', facts: [], notes: [], calls: [], call_count: 0, created_at: at(9) },
    erasedAt: at(5)
  })
  t.equal(fact(dana, 'likes cake')(caller).result.totalFacts, 1)
})

t.test('remember: true removes nothing from a caller who never opted out', async (t) => {
  t.strictSame(patch({ remember: true })(known).caller, known)
})

t.test('an erasure removes everything and says what it removed', async (t) => {
  const { caller, result } = erase(at(9))(known)

  t.strictSame(caller, { record: null, erasedAt: at(9) })
  t.strictSame(result, { erasedAt: at(9), record: true, name: false, facts: 1, notes: 1, calls: 2 })
  t.match(erase(at(9))(patch({ caller_name: 'Dana' })(known).caller).result, { record: true, name: true })
})

const nothingErased = { erasedAt: at(9), record: false, name: false, facts: 0, notes: 0, calls: 0 }

t.test('an erasure of an unknown caller leaves an erasure mark', async (t) => {
  t.strictSame(erase(at(9))(nobody), {
    caller: { record: null, erasedAt: at(9) },
    result: nothingErased
  })
})

t.test('an erasure keeps an opt-out', async (t) => {
  t.strictSame(erase(at(9))(optedOut), {
    caller: { record: stub, erasedAt: at(9) },
    result: nothingErased
  })
})

t.test('an erasure mark that is old enough is dropped, and nothing else', async (t) => {
  const marked: Caller = deepFreeze({ ...known, erasedAt: at(5) })

  t.strictSame(dropErasureMark(at(6))(marked), { caller: known, result: true })
  t.strictSame(dropErasureMark(at(6))(optedOut), { caller: { record: stub, erasedAt: null }, result: true })
  t.equal(dropErasureMark(at(5))(marked).caller, marked)
  t.equal(dropErasureMark(at(5))(marked).result, false)
  t.equal(dropErasureMark(at(5))(known).caller, known)
})

t.test('only a record that may be told is active', async (t) => {
  t.equal(activeRecord(nobody), null)
  t.equal(activeRecord(optedOut), null)
  t.equal(activeRecord(known), known.record)
  t.strictSame([nobody, known, optedOut].map(hasOptedOut), [false, false, true])
  t.equal(recordToChange(known, contextOf(dana, 9)), known.record)
  t.throws(() => recordToChange(optedOut, contextOf(dana, 9)), { code: 'BRIDGE_CALLER_OPTED_OUT' })
})
