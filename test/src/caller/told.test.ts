/** What a call was told, noted with it. */
import t from 'tap'
import { activeRecord, type Caller } from '../../../src/caller/caller.ts'
import { recordCallStart, MAX_CALLS, type CallIds } from '../../../src/caller/calls.ts'
import { changeProfile } from '../../../src/caller/profile.ts'
import { rememberTold } from '../../../src/caller/told.ts'
import { at, callerHash, contextOf, deepFreeze } from '../../stored.ts'

const dana = callerHash(1)
const nobody: Caller = { record: null, erasedAt: null }
const ring = (seconds: number, id: string, told: string[]) => {
  const ids: CallIds = { conversationId: id, callSid: null }
  return (before: Caller) => {
    const { caller: rung, result } = recordCallStart(contextOf(dana, seconds), ids, 'inbound')(before)
    if (result === null) return { caller: rung, result }
    const { record, callNumber } = result
    const caller = rememberTold(rung, callNumber, told)
    return { caller, result: { record: activeRecord(caller), callNumber, response: `call ${callNumber} of ${record.calls.length}` } }
  }
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
