/** What is stored about one caller under two hashes becomes one caller, and nothing is lost or doubled. */
import fc from 'fast-check'
import t from 'tap'
import type { CallerRecord, Fact, FoldedCall } from '../../../schemas/caller-record.ts'
import type { Caller, Change, Context } from '../../../src/caller/caller.ts'
import { recordCallStart, recordCallEnd, findCall, MAX_FOLDED_CALLS, type CallIds } from '../../../src/caller/calls.ts'
import { approveFact, rejectFact } from '../../../src/caller/fact-review.ts'
import { addFact, correctFact, isCurrentFact, newestRevision, removeFact } from '../../../src/caller/facts.ts'
import { mergeCallers } from '../../../src/caller/merge.ts'
import { addCallerNote, removeCallerNote } from '../../../src/caller/notes.ts'
import { closeItem } from '../../../src/caller/open-items.ts'
import { changeProfile, erase, withLearntProfile } from '../../../src/caller/profile.ts'
import { at, callerHash, checks, deepFreeze } from '../../stored.ts'
import { runs } from '../../long.ts'

const plain = callerHash(1)
const keyed = callerHash(2)
const nobody: Caller = deepFreeze({ record: null, erasedAt: null })

/** A change on one side; `stepId` is no other step's. */
type Step = (phoneHash: string, side: string, stepId: string) => Change<unknown>

function context (phoneHash: string, side: string, seconds: number): Context {
  return { phoneHash, newId: `session of ${side}`, now: at(seconds) }
}

function lived (steps: Step[], phoneHash: string, side: string, start: Caller = nobody): Caller {
  const time = start === nobody ? 'first' : 'then'
  return steps.reduce<Caller>((caller, step, n) => deepFreeze(applied(step(phoneHash, side, `${time} ${n} on ${side}`), caller)), start)
}

/** A refused change leaves the caller as they are. Every other error is a defect. */
function applied (change: Change<unknown>, caller: Caller): Caller {
  try {
    return change(caller).caller
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('BRIDGE_')) return caller
    throw error
  }
}

const fact = (id: string, text: string, seconds = 1): Step => (phoneHash, side) =>
  addFact({ ...context(phoneHash, side, seconds), factId: id }, { text, pinned: false, expires_at: null })

const note = (id: string, seconds = 1): Step => (phoneHash, side) =>
  addCallerNote(context(phoneHash, side, seconds), { id, text: `note ${id}`, created_at: at(seconds), expires_at: null })

const ringing = (ids: Partial<CallIds>, seconds: number): Step => (phoneHash, side) =>
  recordCallStart(context(phoneHash, side, seconds), { conversationId: null, callSid: null, ...ids }, 'inbound')

const ended = (ids: Partial<CallIds>, seconds: number, summary: string | null = 'talked'): Step => (phoneHash, side) =>
  recordCallEnd(context(phoneHash, side, seconds + 9), {
    ids: { conversationId: null, callSid: null, ...ids },
    startedAt: at(seconds),
    endedAt: at(seconds + 9),
    said: { direction: 'inbound', duration_secs: 9, status: 'done', failure_reason: null, title: null, summary }
  })

const correctFirst = (seconds: number): Step => () => (caller) => {
  const first = caller.record?.remember ? caller.record.facts[0] : undefined
  return first === undefined ? { caller, result: undefined } : correctFact(first.id, { pinned: true, expires_at: at(seconds) }, { newId: 'new', now: at(seconds) })(caller)
}

const rewordFirst = (seconds: number): Step => (_, __, stepId) => (caller) => {
  const first = caller.record?.remember ? caller.record.facts.find((each) => each.superseded_by === null) : undefined
  return first === undefined ? { caller, result: undefined } : correctFact(first.id, { text: `reworded ${stepId}` }, { newId: stepId, now: at(seconds) })(caller)
}

const named = (name: string | null): Step => (phoneHash, side) => changeProfile(
  context(phoneHash, side, 1),
  { caller_name: name }
)

const former = (...steps: Step[]) => lived(steps, plain, 'former')
const current = (...steps: Step[]) => lived(steps, keyed, 'current')
/** A caller as a crash leaves them under the keyed hash: written there, and not yet deleted at the former one. */
const moved = (caller: Caller) => mergeCallers(caller, nobody, keyed)

function recordOf ({ record }: Caller): CallerRecord {
  if (!record?.remember) throw new TypeError('there is no record')
  return record
}

const idsOf = (call: FoldedCall) => ({ conversationId: call.conversation_id, callSid: call.call_sid })
const hasId = (call: FoldedCall) => (call.conversation_id ?? call.call_sid) !== null
const ids = (list: Array<{ id: string }>) => list.map(({ id }) => id)

t.test('a caller who is stored once moves unchanged', async (t) => {
  const dana = former(named('Dana'), fact('a', 'likes tea'), note('n'), ringing({ conversationId: 'conv_1' }, 3))
  const here = current(fact('b', 'has a dog'))

  t.strictSame(moved(dana), { record: { ...recordOf(dana), phone_hash: keyed }, erasedAt: null })
  t.equal(mergeCallers(nobody, here, keyed), here)
  t.strictSame(mergeCallers(nobody, nobody, keyed), nobody)
})

t.test('two histories keep everything, and their calls add up in order of their start', async (t) => {
  const merged = recordOf(mergeCallers(
    former(named('Dana'), fact('a', 'likes tea', 3), note('m', 4), ringing({ conversationId: 'conv_1' }, 3), ringing({}, 5)),
    current(fact('b', 'has a dog', 2), note('n', 3), ringing({ conversationId: 'conv_2' }, 4), ringing({}, 6)),
    keyed
  ))

  t.match(merged, { phone_hash: keyed, session_id: 'session of former', caller_name: 'Dana', call_count: 4 })
  t.match(merged, { created_at: at(1), first_seen: at(3), last_seen: at(6) })
  t.strictSame([ids(merged.facts), ids(merged.notes)], [['b', 'a'], ['n', 'm']])
  t.strictSame(merged.calls.map((call) => [call.number, call.started_at, call.conversation_id]),
    [[1, at(3), 'conv_1'], [2, at(4), 'conv_2'], [3, at(5), null], [4, at(6), null]])
})

t.test('vectors of both sides stay with the words that they are of', async (t) => {
  const vectorOf = (text: string) => `3 ${text.padEnd(12, '_')} ${'A'.repeat(171)}`
  const withVectors = (caller: Caller): Caller => {
    const { facts, notes, calls, ...rest } = recordOf(caller)
    const marked = <T extends { text: string }>(each: T) => ({ ...each, vector: vectorOf(each.text.slice(0, 12)) })
    const said = calls.map((call) => ({ ...call, vectors: [vectorOf(call.conversation_id!)] }))
    const record = { ...rest, facts: facts.map(marked), notes: notes.map(marked), calls: said }
    return deepFreeze({ ...caller, record })
  }
  const there = withVectors(former(fact('a', 'tea'), note('m'), ended({ conversationId: 'conv_1' }, 3)))
  const here = withVectors(current(fact('b', 'dog', 2), ringing({ conversationId: 'conv_1' }, 3), ended({ conversationId: 'conv_2' }, 4)))

  const { facts, notes, calls } = recordOf(mergeCallers(there, here, keyed))

  t.strictSame(facts.map(({ text, vector }) => [text, vector]), [['tea', vectorOf('tea')], ['dog', vectorOf('dog')]])
  t.strictSame(notes.map(({ vector }) => vector), [vectorOf('note m')])
  t.strictSame(calls.map(({ summary, vectors }) => [summary, vectors]), [['talked', [vectorOf('conv_1')]], ['talked', [vectorOf('conv_2')]]])
})

t.test('name and language come from the current side, or else from the former', async (t) => {
  const language = (code: string): Step => (phoneHash, side) => changeProfile(
    context(phoneHash, side, 1),
    { language: code }
  )

  t.match(mergeCallers(former(named('Dana'), language('de')), current(named('Zoë')), keyed), { record: { caller_name: 'Zoë', language: 'de' } })
  t.match(mergeCallers(former(named('Dana')), current(language('fr')), keyed), { record: { caller_name: 'Dana', language: 'fr' } })
})

t.test('a name that the operator set wins over one that was learnt, on either side', async (t) => {
  const learnt = (side: Caller): Caller =>
    ({ ...side, record: withLearntProfile(recordOf(side), { caller_name: 'Learnt', language: 'en' }, true, at(3)) })
  const merged = (one: Caller, other: Caller) => {
    const { caller_name: name, learnt_fields: fields } = recordOf(mergeCallers(one, other, keyed))
    return [name, fields]
  }

  t.strictSame(merged(former(named('Dana')), learnt(current(fact('a', 'likes tea')))), ['Dana', ['language']])
  t.strictSame(merged(learnt(former(fact('a', 'likes tea'))), current(named('Dana'))), ['Dana', ['language']])
  t.strictSame(merged(learnt(former(fact('a', 'likes tea'))), current(fact('b', 'has a dog'))), ['Learnt', ['caller_name', 'language']])
})

t.test('a call on both sides is one call, with the best of both', async (t) => {
  const rang = ringing({ conversationId: 'conv_1', callSid: 'CA1' }, 3)
  const cases: Array<[former: Step[], current: Step[]]> = [
    [[rang], [ended({ conversationId: 'conv_1' }, 3)]],
    [[ended({ callSid: 'CA1' }, 3)], [rang]],
    [[rang, ended({ callSid: 'CA1' }, 3, null)], [ended({ conversationId: 'conv_1', callSid: 'CA1' }, 3)]],
    [[ended({ conversationId: 'conv_1', callSid: 'CA1' }, 3)], [rang, ended({ callSid: 'CA1' }, 3, null)]],
    [[ended({ conversationId: 'conv_1' }, 3, 'said hello')], [ended({ conversationId: 'conv_1', callSid: 'CA1' }, 3)]]
  ]
  for (const [there, here] of cases) {
    t.match(mergeCallers(former(...there), current(...here), keyed), {
      record: { call_count: 1, calls: { length: 1, 0: { number: 1, conversation_id: 'conv_1', call_sid: 'CA1', status: 'done', summary: 'talked' } } }
    })
  }
})

t.test('a crash in the middle of a move duplicates nothing', async (t) => {
  const dana = former(fact('a', 'likes tea'), note('n'), ringing({}, 2), ringing({ callSid: 'CA1' }, 3))

  const here = moved(dana)
  t.equal(mergeCallers(dana, here, keyed), here)
  const both = mergeCallers(
    lived([fact('b', 'was told the former hash', 4), ended({ callSid: 'CA1' }, 3)], plain, 'former', dana),
    lived([fact('c', 'was told the keyed hash', 5), ringing({}, 6)], keyed, 'current', moved(dana)),
    keyed
  )
  t.strictSame(ids(recordOf(both).facts), ['a', 'b', 'c'])
  t.match(both, { record: { call_count: 3, calls: [{ call_sid: null }, { status: 'done' }, { status: 'ringing' }], session_id: 'session of former' } })
})

t.test('calls that a merge folds keep their positions when it is repeated', async (t) => {
  const there = former(...[0, 2, 4, 6, 8].map((n) => ringing({ conversationId: `f_${n}` }, n)))
  const here = current(...Array.from({ length: 20 }, (_, n) => ringing({ conversationId: `c_${n}` }, 2 * n + 1)))
  const merged = mergeCallers(there, here, keyed)

  t.strictSame(recordOf(merged).folded_calls.map((call) => call.conversation_id), ['f_0', 'c_0', 'f_2', 'c_1', 'f_4'])
  t.equal(mergeCallers(there, merged, keyed), merged)
})

t.test('calls without ids on the former side after a crash are counted, if not told apart', async (t) => {
  const dana = former(ringing({}, 1))

  t.match(mergeCallers(lived([ringing({}, 5), ringing({}, 6)], plain, 'former', dana), moved(dana), keyed), { record: { call_count: 3, calls: { length: 1 } } })
})

t.test('if a fact is on both sides, the last correction counts', async (t) => {
  const dana = former(fact('a', 'likes tea'))
  const correct = (end: string, seconds: number): Step => () => correctFact('a', { expires_at: end }, { newId: 'new', now: at(seconds) })
  const corrected = (before: number, after: number) => recordOf(mergeCallers(
    lived([correct(at(91), before)], plain, 'former', dana), lived([correct(at(92), after)], keyed, 'current', moved(dana)), keyed
  )).facts.map((fact) => fact.expires_at)

  t.strictSame([corrected(5, 4), corrected(4, 5), corrected(4, 4)], [[at(91)], [at(92)], [at(92)]])
})

t.test('a crash in the middle of a move leaves one current revision of a fact, whatever each side has seen', async (t) => {
  const correct = (text: string, seconds: number): Step => (_, side) => (caller) => {
    const last = recordOf(caller).facts.findLast((each) => each.superseded_by === null)
    return correctFact(last!.id, { text }, { newId: `${text} on ${side}`, now: at(seconds) })(caller)
  }
  const pin = (seconds: number): Step => () => correctFact('a', { pinned: true }, { newId: 'unused', now: at(seconds) })
  const retire = (seconds: number): Step => () => (caller) => {
    const facts = recordOf(caller).facts.map((each) => each.superseded_by === null ? { ...each, state: 'retired' as const, ended_at: at(seconds) } : each)
    return { caller: { ...caller, record: { ...recordOf(caller), facts } }, result: undefined }
  }
  const there = [correct('tea', 3), pin(4), correct('green tea', 7), correct('no tea', 9)]
  const here = [pin(4), correct('coffee', 6), correct('cocoa', 8), pin(10)]
  const dana = former(fact('a', 'likes drinks'))
  const merge = (there: Step[], here: Step[]) => {
    const [one, other] = [lived(there, plain, 'former', dana), lived(here, keyed, 'current', moved(dana))]
    const merged = deepFreeze(mergeCallers(one, other, keyed))
    t.equal(mergeCallers(one, merged, keyed), merged, 'merging again changes nothing')
    return recordOf(merged).facts
  }
  const current = (facts: Fact[]) => facts.filter((each) => isCurrentFact(each, at(99))).map(({ text }) => text)

  for (let n = 0; n <= there.length; n++) {
    for (let m = 0; m <= here.length; m++) {
      const facts = merge(there.slice(0, n), here.slice(0, m))
      t.equal(current(facts).length, 1, `${n} steps there, ${m} here`)
      t.ok(facts.every((each) => newestRevision(facts, each).text === current(facts)[0]), 'which ends with it')
    }
  }
  t.strictSame(current(merge(there, here)), ['no tea'], 'the last one counts')
  t.strictSame(current(merge(there.slice(0, 3), here)), ['cocoa'])
  t.strictSame(current(merge([retire(5)], [])), [], 'what is no longer true on one side is not told again')
  t.strictSame(current(merge([], [retire(5)])), [])
  t.strictSame(current(merge([correct('tea', 5), retire(9)], [correct('coffee', 4)])), ['coffee'])
  t.strictSame(current(merge([correct('tea', 3)], [correct('coffee', 4), retire(9)])), ['tea'])
})

t.test('what one side deleted after a call was told it does not come back', async (t) => {
  const told: Step = () => (caller) => {
    const record = recordOf(caller)
    return { caller: { ...caller, record: { ...record, calls: record.calls.map((call) => ({ ...call, told: ['new', 'n'] })) } }, result: undefined }
  }
  const corrected: Step = () => correctFact('a', { text: 'likes cocoa' }, { newId: 'new', now: at(2) })
  const dana = former(fact('a', 'likes tea'), note('n'), corrected, ringing({ callSid: 'CA1' }, 3), told)
  const deleted = lived([() => removeFact('new', at(4)), () => removeCallerNote('n', at(4))], keyed, 'current', moved(dana))

  const merged = mergeCallers(dana, deleted, keyed)

  t.strictSame([recordOf(merged).facts, recordOf(merged).notes], [[], []])
  t.match(merged.record, { deleted: [{ id: 'new' }, { id: 'n' }] })
  t.equal(mergeCallers(dana, merged, keyed), merged)
})

t.test('a decision on one side is not taken back: approved, rejected, closed', async (t) => {
  const pending: Step = (phoneHash, side) => (caller) => {
    const { caller: after } = fact('a', 'has a cat')(phoneHash, side, '')(caller)
    const facts = recordOf(after).facts.map((each) => ({ ...each, state: 'pending' as const }))
    const items = [{ id: 'item', text: 'we call back', evidence: '', conversation_id: null, created_at: at(1), closed_at: null }]
    return { caller: { ...after, record: { ...recordOf(after), facts, open_items: items } }, result: undefined }
  }
  const dana = former(pending)
  const merge = (there: Step[], here: Step[]) =>
    recordOf(mergeCallers(lived(there, plain, 'former', dana), lived(here, keyed, 'current', moved(dana)), keyed))
  const state = (there: Step[], here: Step[]) => merge(there, here).facts[0]!.state
  const approve: Step = () => approveFact('a', at(5))
  const reject: Step = () => rejectFact('a', at(6))

  const both = state([approve], [reject])
  t.strictSame([state([approve], []), state([], [approve]), both], [undefined, undefined, undefined])
  t.strictSame([state([reject], []), state([], [reject]), state([], [])], ['rejected', 'rejected', 'pending'])
  const close: Step = () => closeItem('item', at(5))
  for (const merged of [merge([close], []), merge([], [close])]) t.match(merged, { open_items: [{ closed_at: at(5) }] })
})

t.test('an opt-out on either side counts', async (t) => {
  const out: Step = (phoneHash, side) => changeProfile(context(phoneHash, side, 5), { remember: false })
  const stub = { record: { phone_hash: keyed, remember: false }, erasedAt: at(5) }

  t.strictSame(mergeCallers(former(out), nobody, keyed), stub)
  t.strictSame(mergeCallers(former(out), current(fact('b', 'has a dog', 9)), keyed), stub)
  t.strictSame(mergeCallers(former(fact('a', 'likes tea', 9)), current(out), keyed), stub)
  t.strictSame(mergeCallers({ ...former(out), erasedAt: null }, nobody, keyed), { ...stub, erasedAt: null })
})

t.test('an erasure on either side drops what is older, and the later one is kept', async (t) => {
  const erased = (seconds: number): Step => () => erase(at(seconds))
  const before = (side: typeof former) => side(fact('old', 'likes tea', 1))
  const after = (side: typeof former) => side(fact('new', 'has a dog', 9))

  t.strictSame(mergeCallers(former(erased(5)), before(current), keyed), { record: null, erasedAt: at(5) })
  t.strictSame(mergeCallers(before(former), current(erased(5)), keyed), { record: null, erasedAt: at(5) })
  t.match(mergeCallers(former(erased(5)), after(current), keyed), { record: { facts: [{ id: 'new' }] }, erasedAt: at(5) })
  t.match(mergeCallers(before(former), { ...after(current), erasedAt: at(5) }, keyed), { record: { facts: { length: 1, 0: { id: 'new' } } } })
  t.strictSame(
    [[3, 7], [7, 3]].map(([a, b]) => mergeCallers(former(erased(a!)), current(erased(b!)), keyed).erasedAt),
    [at(7), at(7)]
  )
})

t.test('two full records make one over the limits, and only adding to it is refused', async (t) => {
  const full = (side: string) => [
    ...Array.from({ length: 1000 }, (_, n) => fact(`${side} ${n}`, `${side} ${n}`)), ...Array.from({ length: 100 }, (_, n) => note(`${side} ${n}`))
  ]
  const merged = mergeCallers(former(...full('f')), current(...full('c')), keyed)

  t.ok(checks.caller(merged.record))
  t.match(merged, { record: { facts: { length: 2000 }, notes: { length: 200 } } })
  t.throws(() => fact('x', 'one more')(keyed, 'current', 'step')(merged), { code: 'BRIDGE_FACTS_FULL' })
  t.throws(() => note('x')(keyed, 'current', 'step')(merged), { code: 'BRIDGE_NOTES_FULL' })
  t.equal(recordOf(applied(removeFact('f 1', at(2)), merged)).facts.length, 1999)
})

t.test('the newest calls of both are kept in full, and the count includes all', async (t) => {
  const calls = (side: string, count: number, start: number) =>
    Array.from({ length: count }, (_, n) => ringing({ conversationId: `${side}_${n}` }, start + n))
  const merged = mergeCallers(former(...calls('f', 300, 0)), current(...calls('c', 10, 400)), keyed)

  t.match(merged, { record: { call_count: 310, calls: { length: 20 }, folded_calls: { length: 200 } } })
  t.strictSame(recordOf(merged).calls.map((call) => call.conversation_id), [
    ...Array.from({ length: 10 }, (_, n) => `f_${290 + n}`), ...Array.from({ length: 10 }, (_, n) => `c_${n}`)
  ])
  t.strictSame(recordOf(merged).calls.map(({ number }) => number), Array.from({ length: 20 }, (_, n) => 291 + n))
})

const seconds = fc.integer({ min: 0, max: 400 })
const someIds = fc.record({
  conversationId: fc.option(fc.integer({ min: 1, max: 60 }).map((n) => `conv_${n}`)),
  callSid: fc.option(fc.integer({ min: 1, max: 60 }).map((n) => `CA${n}`))
})
const nothingRemoved: fc.Arbitrary<Step[]> = fc.oneof(
  fc.record({ now: seconds, ids: someIds }).map(({ now, ids }) => [ringing(ids, now)]),
  fc.record({ now: seconds, ids: someIds, summary: fc.option(fc.constant('talked')) }).map(({ now, ids, summary }) => [ended(ids, now, summary)]),
  seconds.map((now): Step[] => [(phoneHash, side, stepId) => fact(stepId, stepId, now)(phoneHash, side, stepId)]),
  seconds.map((now) => [correctFirst(now)]),
  seconds.map((now) => [rewordFirst(now)]),
  seconds.map((now): Step[] => [(phoneHash, side, stepId) => note(stepId, now)(phoneHash, side, stepId)]),
  fc.constantFrom('Dana', null).map((name) => [named(name)]),
  // Enough calls to fold, and to fall out.
  fc.record({
    now: seconds,
    count: fc.integer({ min: 1, max: 250 }),
    hasIds: fc.boolean()
  }).map(({ now, count, hasIds }) =>
    Array.from({ length: count }, (_, n): Step => (phoneHash, side, stepId) =>
      ringing({ conversationId: hasIds ? stepId : null }, now + n)(phoneHash, side, stepId)))
)
const anything: fc.Arbitrary<Step[]> = fc.oneof(
  { weight: 4, arbitrary: nothingRemoved },
  { weight: 1, arbitrary: seconds.map((now) => [() => erase(at(now))]) },
  {
    weight: 1,
    arbitrary: fc.record({ now: seconds, remember: fc.boolean() }).map(({ now, remember }) => [
      (phoneHash: string, side: string) => changeProfile(context(phoneHash, side, now), { remember })
    ])
  }
)
const life = (step: fc.Arbitrary<Step[]>) => fc.array(step, { maxLength: 12 }).map((steps) => steps.flat())

/** A former caller, and a current one: without a past in common, or with what a crash left. */
const pair = (step: fc.Arbitrary<Step[]>) => fc.record({
  there: life(step),
  here: life(step),
  common: fc.option(life(step))
}).map(({ there, here, common }) => {
  const start = former(...common ?? [])
  return { former: lived(there, plain, 'former', start), current: lived(here, keyed, 'current', common === null ? nobody : deepFreeze(moved(start))) }
})

t.test('any two records merge into a valid one, and merging again changes nothing', async (t) => {
  fc.assert(fc.property(pair(anything), ({ former, current }) => {
    const merged = deepFreeze(mergeCallers(former, current, keyed))
    const { record, erasedAt } = merged

    if (record !== null && !checks.caller(record)) throw new Error('the record is not valid')
    if (record !== null && record.phone_hash !== keyed) throw new Error('the record is under another hash')
    if ((erasedAt ?? '') !== [former.erasedAt ?? '', current.erasedAt ?? ''].sort()[1]) throw new Error('it is not the later mark')
    if (mergeCallers(former, merged, keyed) !== merged) throw new Error(`once more: ${JSON.stringify(mergeCallers(former, merged, keyed))} from ${JSON.stringify(merged)}`)
    if (record?.remember) {
      const numbers = [...record.folded_calls, ...record.calls].map(({ number }) => number)
      if (new Set(numbers).size !== numbers.length) throw new Error('two calls have one number')
      if (numbers.some((number) => number > record.call_count)) throw new Error('a call has a number that was not counted')
      if (record.calls.some((call, n) => n > 0 && call.started_at < record.calls[n - 1]!.started_at)) throw new Error('calls are out of order')
    }
  }), { numRuns: runs(150) })
  t.pass()
})

t.test('without an erasure, nothing is lost', async (t) => {
  fc.assert(fc.property(pair(nothingRemoved), ({ former, current }) => {
    const merged = mergeCallers(former, current, keyed)
    for (const { record } of [former, current]) {
      if (!record?.remember) continue
      const all = recordOf(merged)
      for (const kind of ['facts', 'notes'] as const) {
        for (const { id } of record[kind]) if (!ids(all[kind]).includes(id)) throw new Error(`${kind}: ${id} is lost`)
        if (new Set(ids(all[kind])).size !== all[kind].length) throw new Error(`${kind}: one is there twice`)
      }
      const endOf = ({ id }: Fact) => newestRevision(all.facts, all.facts.find((each) => each.id === id)!)
      for (const each of record.facts) {
        if (endOf(each).superseded_by !== null) throw new Error(`${each.id} has no last revision`)
        if (endOf(each) !== endOf(newestRevision(record.facts, each))) throw new Error(`${each.id} has two last revisions`)
      }
      for (const call of record.calls) {
        const known = findCall(all, idsOf(call))
        const hasLongFolded = current.record?.remember && (current.record.folded_calls.length >= MAX_FOLDED_CALLS ||
          findCall({ ...current.record, calls: [] }, idsOf(call)) !== undefined)
        if (known === undefined && hasId(call) && !hasLongFolded) throw new Error(`call ${call.number} is lost`)
        if (known !== undefined && 'status' in known && known.ended_at === null && call.ended_at !== null) throw new Error(`call ${call.number} is open again`)
      }
    }
  }), { numRuns: runs(150) })
  t.pass()
})

t.test('calls with ids are counted once, on one side or both', async (t) => {
  const heard = fc.array(fc.nat(80), { maxLength: 40 })
  fc.assert(fc.property(heard, heard, fc.option(heard), (there, here, common) => {
    const steps = (list: number[]) => list.map((n) => ringing({ conversationId: `conv_${n}` }, n))
    const start = former(...steps(common ?? []))
    const merged = mergeCallers(
      lived(steps(there), plain, 'former', start), lived(steps(here), keyed, 'current', common === null ? nobody : moved(start)), keyed
    )
    const expected = new Set([...there, ...here, ...common ?? []]).size
    const count = merged.record === null ? 0 : recordOf(merged).call_count
    if (count !== expected) throw new Error(`${count} calls instead of ${expected}`)
  }), { numRuns: runs(200) })
  t.pass()
})

t.test('wishes to be forgotten of both sides stay, once', async (t) => {
  const wish = (seconds: number) => ({ at: at(seconds), conversation_id: `conv_${seconds}`, fact_id: null })
  const withWishes = (phoneHash: string, side: string, wishes: number[]) => {
    const { record, erasedAt } = lived([fact(side, side)], phoneHash, side)
    if (!record?.remember) throw new Error('there is no record')
    return deepFreeze({ record: { ...record, forget_wishes: wishes.map(wish) }, erasedAt })
  }
  const former = withWishes(plain, 'former', [1, 3])
  const current = withWishes(keyed, 'current', [2, 3])

  const merged = mergeCallers(former, current, keyed)

  t.match(merged.record, { forget_wishes: [1, 2, 3].map(wish) })
  t.equal(mergeCallers(former, merged, keyed), merged)
  t.match(mergeCallers(former, lived([fact('other', 'other')], keyed, 'current'), keyed).record, { forget_wishes: [1, 3].map(wish) })
})
