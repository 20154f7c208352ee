import t from 'tap'
import { activeRecord, type Caller } from '../../../src/caller/caller.ts'
import { MAX_CALLS } from '../../../src/caller/calls.ts'
import { changeProfile, erase } from '../../../src/caller/profile.ts'
import { beginCall, foldRing } from '../../../src/caller/open-ring.ts'
import { at, callerHash, callStart, contextOf, deepFreeze, fact } from '../../stored.ts'

const dana = callerHash(1)
const nobody: Caller = { record: null, erasedAt: null }
const ring = (seconds: number, id: string, told: string[]) => (before: Caller) => {
  const start = beginCall(contextOf(dana, seconds), { conversationId: id, callSid: null }, 'inbound',
    ({ calls }, callNumber) => ({ told, result: { callNumber, response: `call ${callNumber} of ${calls.length}` } }))
  const { caller, result } = start(before)
  return { caller, result: result === null ? null : { ...result, record: activeRecord(caller) } }
}

t.test('the response is built from a record with the call, and the record keeps what was told', async (t) => {
  const { caller, result } = ring(1, 'conv_1', ['fact-1', 'note-1'])(nobody)
  t.equal(result?.response, 'call 1 of 1')
  t.strictSame(activeRecord(caller)?.calls[0]?.told, ['fact-1', 'note-1'])
  t.equal(result?.record, activeRecord(caller))
})

t.test('a call that is told nothing has no list', async (t) => {
  t.notOk('told' in activeRecord(ring(1, 'conv_1', [])(nobody).caller)!.calls[0]!)
})

t.test('a repeat that tells the same changes nothing, and one that tells something else is stored', async (t) => {
  const { caller } = ring(1, 'conv_1', ['fact-1'])(nobody)
  deepFreeze(caller)
  t.equal(ring(2, 'conv_1', ['fact-1'])(caller).caller, caller)
  const again = ring(2, 'conv_1', ['fact-2'])(caller)
  t.strictSame(activeRecord(again.caller)?.calls.map(({ told }) => told), [['fact-2']])
  t.equal(again.result?.callNumber, 1)
})

t.test('nothing more is stored for a folded call', async (t) => {
  let caller = nobody
  for (let n = 0; n <= MAX_CALLS; n++) caller = ring(n, `conv_${n}`, ['fact-1'])(caller).caller
  deepFreeze(caller)
  t.equal(ring(99, 'conv_0', ['fact-2'])(caller).caller, caller)
})

t.test('a caller who opted out is told nothing', async (t) => {
  const { caller } = changeProfile({ phoneHash: dana, newId: 'x', now: at(0) }, { remember: false })(nobody)
  t.strictSame(ring(1, 'conv_1', ['fact-1'])(caller), { caller, result: null })
})

/** A call start at a moment, and what is journaled of it. */
function started (caller: Caller, seconds: number, id: string | null, told: string[] = []) {
  const start = callStart(dana, id, seconds, told)(caller)
  const ring = start.ring === null ? null : { ...start.ring, had_record: activeRecord(caller) !== null }
  return { ...start, ring }
}

const known = deepFreeze(fact(dana, 'likes tea')(nobody).caller)

t.test('folding a ring gives what its call start gave, and folding it again changes nothing', async (t) => {
  const erased: Caller = { record: null, erasedAt: at(0) }
  const clockWasAhead: Caller = { record: null, erasedAt: at(100) }
  for (const before of [nobody, known, erased, clockWasAhead]) {
    for (const id of ['conv_1', null]) {
      const { caller, ring } = started(before, 5, id, ['fact-1'])
      t.strictSame(foldRing(before, ring!), caller)
      t.equal(foldRing(caller, ring!), caller)
    }
  }
})

t.test('rings of one caller are folded in their order', async (t) => {
  const first = started(nobody, 1, 'conv_1', ['fact-1'])
  const second = started(first.caller, 2, 'conv_2')
  const repeat = started(second.caller, 3, 'conv_1', ['fact-2'])

  const rings = [first, second, repeat].map(({ ring }) => ({ ...ring!, had_record: false }))
  const folded = rings.reduce(foldRing, nobody)

  t.strictSame(folded, repeat.caller)
  t.match(activeRecord(folded), { session_id: 'session-1', call_count: 2, calls: [{ told: ['fact-2'] }, { number: 2 }] })
})

t.test('a ring from before an erasure adds nothing', async (t) => {
  const { caller, ring } = started(known, 5, 'conv_1')
  const erased = erase(at(6))(caller).caller
  t.equal(foldRing(erased, { ...ring!, had_record: false }), erased)
  t.equal(activeRecord(foldRing(erased, { ...ring!, had_record: false, at: at(7) }))?.call_count, 1)
})

t.test('a ring of a caller who opted out since adds nothing', async (t) => {
  const { caller, ring } = started(known, 5, 'conv_1')
  const optedOut = { ...changeProfile(contextOf(dana, 6), { remember: false })(caller).caller, erasedAt: null }
  t.equal(foldRing(optedOut, ring!), optedOut)
})

t.test('a ring of a record that was deleted by hand adds nothing; that of a stranger makes a record', async (t) => {
  t.equal(foldRing(nobody, started(known, 5, 'conv_1').ring!), nobody)
  t.equal(activeRecord(foldRing(nobody, started(nobody, 5, 'conv_1').ring!))?.call_count, 1)
})

t.test('a call start that changes nothing has no ring', async (t) => {
  t.equal(started(started(known, 5, 'conv_1').caller, 6, 'conv_1').ring, null)
})
