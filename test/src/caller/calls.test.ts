import t from 'tap'
import type { CallerRecord } from '../../../schemas/caller-record.ts'
import { activeRecord, type Caller } from '../../../src/caller/caller.ts'
import { recordCallStart, recordCallEnd, findCall, MAX_CALLS, MAX_FOLDED_CALLS, type CallEnd, type CallIds } from '../../../src/caller/calls.ts'
import { changeProfile, erase } from '../../../src/caller/profile.ts'
import { at, callerHash, contextOf, deepFreeze } from '../../stored.ts'

const dana = callerHash(1)
const nobody: Caller = { record: null, erasedAt: null }
const optedOut = deepFreeze(changeProfile(contextOf(dana, 0), { remember: false })(nobody).caller)

const ids = (conversationId: string | null, callSid: string | null = null): CallIds => ({ conversationId, callSid })
const ring = (seconds: number, callIds: CallIds) => recordCallStart(contextOf(dana, seconds), callIds, 'inbound')
const end = (
  callIds: CallIds,
  startedAt: number,
  { said, ...more }: Partial<Omit<CallEnd, 'said'>> & { said?: Partial<CallEnd['said']> } = {}
) => recordCallEnd(contextOf(dana, startedAt + 60), {
  ids: callIds,
  startedAt: at(startedAt),
  endedAt: at(startedAt + 42),
  said: {
    direction: 'inbound',
    duration_secs: 42,
    status: 'done',
    failure_reason: null,
    title: 'Tea',
    summary: 'Talked about tea.',
    ...said
  },
  ...more
})

/** A caller after `count` calls, `conv_1` to `conv_<count>`, at seconds 1, 2, … */
function callerAfter (count: number): Caller {
  let caller = nobody
  for (let n = 1; n <= count; n++) caller = ring(n, ids(`conv_${n}`, `CA${n}`))(caller).caller
  return deepFreeze(caller)
}

function recordOf (caller: Caller): CallerRecord {
  const record = activeRecord(caller)
  if (record === null) throw new Error('no record')
  return record
}

t.test('a call start makes a call, and for a stranger a record', async (t) => {
  const { caller, result } = ring(5, ids('conv_1', 'CA1'))(nobody)

  t.match(recordOf(caller), {
    session_id: 'session-5', call_count: 1, first_seen: at(5), last_seen: at(5), folded_calls: []
  })
  t.strictSame(recordOf(caller).calls, [{
    number: 1,
    conversation_id: 'conv_1',
    call_sid: 'CA1',
    direction: 'inbound',
    started_at: at(5),
    ended_at: null,
    duration_secs: null,
    status: 'ringing',
    failure_reason: null,
    title: null,
    summary: null
  }])
  t.strictSame(result, { record: recordOf(caller), callNumber: 1 })
})

t.test('the same call again has the same number and session, and changes nothing', async (t) => {
  const caller = callerAfter(3)
  const repeats: Record<string, CallIds> = {
    'both ids': ids('conv_2', 'CA2'),
    'the conversation alone': ids('conv_2'),
    'the call sid alone': ids(null, 'CA2'),
    'the conversation, with another call sid': ids('conv_2', 'CA99'),
    'the call sid, with another conversation': ids('conv_99', 'CA2'),
    'the conversation of one call before the call sid of another': ids('conv_2', 'CA1')
  }
  for (const [what, callIds] of Object.entries(repeats)) {
    const repeat = ring(50, callIds)(caller)
    t.equal(repeat.caller, caller, what)
    t.strictSame([repeat.result?.callNumber, repeat.result?.record.session_id], [2, 'session-1'], what)
  }
})

t.test('without ids, each call start is a call', async (t) => {
  const first = ring(1, ids(null))(nobody)
  const second = ring(2, ids(null))(first.caller)
  const third = ring(3, ids('conv_1'))(second.caller)

  t.strictSame([first, second, third].map(({ result }) => result?.callNumber), [1, 2, 3])
})

t.test('20 calls are kept in full, the ids of 200 older ones, and the count of all', async (t) => {
  t.strictSame([MAX_CALLS, MAX_FOLDED_CALLS], [20, 200])
  const record = recordOf(callerAfter(230))

  t.strictSame(record.calls.map(({ number }) => number), Array.from({ length: 20 }, (_, n) => n + 211))
  t.strictSame(record.folded_calls.map(({ number }) => number), Array.from({ length: 200 }, (_, n) => n + 11))
  t.strictSame(record.folded_calls[0], { number: 11, conversation_id: 'conv_11', call_sid: 'CA11' })
  t.match(record, { call_count: 230, first_seen: at(1), last_seen: at(230) })
})

t.test('a repeat of a folded call is recognised, at its start and at its end', async (t) => {
  const caller = callerAfter(220)

  for (const callIds of [ids('conv_1'), ids(null, 'CA1')]) {
    const repeat = ring(999, callIds)(caller)
    t.equal(repeat.caller, caller)
    t.equal(repeat.result?.callNumber, 1)
    t.strictSame(end(callIds, 1)(caller), { caller, result: 'repeated' })
  }
  t.equal(ring(999, ids('conv_0'))(caller).result?.callNumber, 221)
})

t.test('a call end ends its call, keeps number and start, and fills in missing ids', async (t) => {
  const cases: Array<[CallIds, CallIds, CallIds]> = [
    [ids('conv_1'), ids('conv_1', 'CA1'), ids('conv_1', 'CA1')],
    [ids(null, 'CA1'), ids('conv_1', 'CA1'), ids('conv_1', 'CA1')],
    [ids('conv_1', 'CA1'), ids('conv_1'), ids('conv_1', 'CA1')],
    [ids('conv_1', 'CA1'), ids('conv_1', 'CA2'), ids('conv_1', 'CA1')]
  ]
  for (const [rung, ended, kept] of cases) {
    const before = deepFreeze(ring(1, rung)(callerAfter(0)).caller)
    const { caller, result } = end(ended, 3)(before)

    t.equal(result, 'closed')
    t.strictSame(recordOf(caller), {
      ...recordOf(before),
      calls: [{
        number: 1,
        conversation_id: kept.conversationId,
        call_sid: kept.callSid,
        direction: 'inbound',
        started_at: at(1),
        ended_at: at(45),
        duration_secs: 42,
        status: 'done',
        failure_reason: null,
        title: 'Tea',
        summary: 'Talked about tea.'
      }]
    })
  }
})

t.test('a call end ends the conversation that it names, not another call with its call SID', async (t) => {
  const { caller } = end(ids('conv_2', 'CA1'), 2)(callerAfter(2))

  t.strictSame(recordOf(caller).calls.map(({ status }) => status), ['ringing', 'done'])
})

t.test('a second call end of the same call changes nothing', async (t) => {
  const once = deepFreeze(end(ids('conv_1'), 1)(callerAfter(1)).caller)

  for (const callIds of [ids('conv_1'), ids('conv_other', 'CA1')]) {
    t.strictSame(end(callIds, 1, { said: { summary: 'Another story.' } })(once), { caller: once, result: 'repeated' })
  }
})

t.test('a call end without a call start adds the call, in order of time', async (t) => {
  const caller = callerAfter(3)

  const between = end(ids('conv_late'), 2.5)(caller)
  t.equal(between.result, 'added')
  t.strictSame(recordOf(between.caller).calls.map(({ conversation_id: id, number }) => [id, number]), [
    ['conv_1', 1], ['conv_2', 2], ['conv_late', 4], ['conv_3', 3]
  ])
  t.match(recordOf(between.caller), { call_count: 4, first_seen: at(1), last_seen: at(3) })

  t.match(recordOf(end(ids('conv_0'), 0)(caller).caller), { first_seen: at(0), last_seen: at(3) })
  t.match(recordOf(end(ids('conv_9'), 9)(caller).caller), { first_seen: at(1), last_seen: at(9) })
  t.equal(recordOf(end(ids('conv_1'), 1)(nobody).caller).call_count, 1)
})

t.test('a late call that is older than the 20 kept is folded at once, and recognised after', async (t) => {
  const { caller } = end(ids('conv_late'), 0)(callerAfter(20))

  t.strictSame(recordOf(caller).calls.map(({ number }) => number), Array.from({ length: 20 }, (_, n) => n + 1))
  t.match(recordOf(caller), { call_count: 21, folded_calls: [{ number: 21, conversation_id: 'conv_late', call_sid: null }] })
  t.equal(end(ids('conv_late'), 0)(caller).result, 'repeated')
})

t.test('a call that started at or before an erasure is dropped, a later one is not', async (t) => {
  const erased = deepFreeze(erase(at(10))(callerAfter(3)).caller)

  for (const startedAt of [1, 9.999, 10]) {
    t.strictSame(end(ids('conv_3'), startedAt)(erased), { caller: erased, result: 'erased' })
  }
  t.equal(end(ids('conv_4'), 10.001)(erased).result, 'added')

  const back = ring(11, ids('conv_5'))(erased).caller
  t.match(recordOf(back), { call_count: 1, session_id: 'session-11' })
  t.equal(end(ids('conv_3'), 3)(back).result, 'erased')
  t.equal(end(ids('conv_5'), 5)(back).result, 'closed', 'a call that rang after it, whatever its end says')
})

t.test('nothing is kept of a caller who opted out', async (t) => {
  t.strictSame(ring(5, ids('conv_1'))(optedOut), { caller: optedOut, result: null })
  t.strictSame(end(ids('conv_1'), 5)(optedOut), { caller: optedOut, result: 'opted-out' })
})

t.test('a call is found by its ids', async (t) => {
  const record = recordOf(callerAfter(30))

  t.equal(findCall(record, ids('conv_30'))?.number, 30)
  t.equal(findCall(record, ids(null, 'CA3'))?.number, 3)
  t.equal(findCall(record, ids('CA3', 'conv_3')), undefined)
  t.equal(findCall(recordOf(ring(1, ids(null))(nobody).caller), ids(null)), undefined, 'no id is no match')
})

t.test('missing ids are filled in, so that a third webhook with only those is the same call', async (t) => {
  const first = ring(1, ids(null, 'CA1'))(nobody)
  const second = ring(2, ids('conv_1', 'CA1'))(first.caller)
  const third = ring(3, ids('conv_1'))(second.caller)

  t.strictSame([first, second, third].map(({ result }) => result?.callNumber), [1, 1, 1])
  t.match(recordOf(third.caller).calls, [{ conversation_id: 'conv_1', call_sid: 'CA1' }])
})

t.test('missing ids are filled in for ended and folded calls, too', async (t) => {
  const over = end(ids('conv_1', 'CA1'), 5)(end(ids('conv_1'), 5)(nobody).caller)
  t.equal(over.result, 'repeated')
  t.match(recordOf(over.caller).calls, [{ call_sid: 'CA1' }])

  let { caller } = ring(1, ids('conv_first'))(nobody)
  for (let n = 1; n <= MAX_CALLS; n++) ({ caller } = ring(n + 1, ids(`conv_${n}`))(caller))
  const folded = ring(60, ids('conv_first', 'CA_first'))(caller)
  t.equal(folded.result?.callNumber, 1)
  t.match(recordOf(folded.caller).folded_calls, [{ call_sid: 'CA_first' }])
})

t.test('without a start time, a call end is dropped after an erasure, and dated by its end otherwise', async (t) => {
  t.equal(end(ids('conv_1'), 5, { startedAt: null })({ record: null, erasedAt: at(1) }).result, 'erased')

  const { caller } = end(ids('conv_1'), 5, { startedAt: null })(nobody)
  t.match(recordOf(caller).calls, [{ started_at: at(47), ended_at: at(47) }])
})

t.test('an ended call gets a missing summary, but no second one', async (t) => {
  const failed = end(ids('conv_1'), 5, { said: { summary: null, title: null, status: 'failed' } })(nobody).caller
  const told = end(ids('conv_1'), 5)(failed)
  const again = end(ids('conv_1'), 5, { said: { summary: 'Another.' } })(told.caller)

  t.equal(told.result, 'closed')
  t.match(recordOf(told.caller).calls, [{ status: 'done', summary: 'Talked about tea.' }])
  t.strictSame([again.result, again.caller], ['repeated', told.caller])
})

t.test('times in the future are stored as now', async (t) => {
  const now = at(160)
  const { caller, result } = end(ids('conv_1'), 100, { startedAt: at(9000), endedAt: at(9042) })(nobody)

  t.equal(result, 'added')
  t.match(recordOf(caller), { first_seen: now, last_seen: now, calls: [{ started_at: now, ended_at: now }] })
  t.match(recordOf(end(ids('conv_1'), 100, { startedAt: null, endedAt: at(9042) })(nobody).caller), { last_seen: now, calls: [{ started_at: now, ended_at: now }] })
  t.match(recordOf(end(ids('conv_1'), 100, { endedAt: at(9042) })(nobody).caller), { last_seen: at(100), calls: [{ started_at: at(100), ended_at: now }] })
})

t.test('a call that started by a clock that was ahead gets its start time from the call end', async (t) => {
  const early = callerAfter(2)
  for (const before of [early, nobody]) {
    const { caller: rang } = ring(9_000_000, ids('conv_x'))(before)
    const { caller, result } = end(ids('conv_x'), 100)(deepFreeze(rang))

    t.equal(result, 'closed')
    t.match(
      recordOf(caller),
      { first_seen: before === early ? at(1) : at(100), last_seen: at(100), call_count: before === early ? 3 : 1 }
    )
    t.match(recordOf(caller).calls.at(-1), { conversation_id: 'conv_x', started_at: at(100), ended_at: at(142) })
  }
})

t.test('a call start corrects a last_seen in the future, and keeps calls in the future', async (t) => {
  const { caller: ahead } = ring(9_000_000, ids('conv_x'))(callerAfter(2))
  const { caller } = ring(50, ids('conv_y'))(deepFreeze(ahead))

  t.match(recordOf(caller), { first_seen: at(1), last_seen: at(50) })
  t.strictSame(recordOf(caller).calls.map(({ started_at: start }) => start), [at(1), at(2), at(50), at(9_000_000)])
})
