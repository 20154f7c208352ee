/** What holds of a record whatever is done to it, in whatever order. */
import fc from 'fast-check'
import t from 'tap'
import type { Caller, Change } from '../../../src/caller/caller.ts'
import { recordCallStart, recordCallEnd } from '../../../src/caller/calls.ts'
import { addFact, correctFact, removeFact } from '../../../src/caller/facts.ts'
import { addCallerNote, removeCallerNote } from '../../../src/caller/notes.ts'
import { changeProfile, dropErasureMark, erase } from '../../../src/caller/profile.ts'
import { expire } from '../../../src/caller/retention.ts'
import { at, callerHash, checks, contextOf, deepFreeze } from '../../stored.ts'
import { runs } from '../../long.ts'

const dana = callerHash(1)

interface Step {
  name: string
  change: Change<unknown>
  /** Whether doing it a second time must leave the caller as they are. */
  isIdempotent: boolean
}

const seconds = fc.integer({ min: 0, max: 60 })
const expiry = fc.option(seconds.map(at))
const text = fc.constantFrom('likes tea', 'has a dog', 'lives in Rome', 'x'.repeat(1000))
const number = fc.integer({ min: 1, max: 8 })
const ids = fc.record({
  conversationId: fc.option(fc.integer({ min: 1, max: 40 }).map((n) => `conv_${n}`)),
  callSid: fc.option(fc.integer({ min: 1, max: 40 }).map((n) => `CA${n}`))
})
const hasId = (each: { conversationId: string | null, callSid: string | null }) =>
  each.conversationId !== null || each.callSid !== null

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ now: seconds, ids }).map(({ now, ids }) => ({
      name: `ring ${now} ${ids.conversationId} ${ids.callSid}`, change: recordCallStart(contextOf(dana, now), ids, 'inbound'), isIdempotent: hasId(ids)
    }))
  },
  {
    weight: 4,
    arbitrary: fc.record({ start: seconds, ids }).map(({ start, ids }) => ({
      name: `end ${start} ${ids.conversationId} ${ids.callSid}`,
      change: recordCallEnd(contextOf(dana, start + 9), {
        ids, startedAt: at(start), endedAt: at(start + 9), said: { direction: 'outbound', duration_secs: 9, status: 'done', failure_reason: null, title: 'a', summary: 'b' }
      }),
      isIdempotent: hasId(ids)
    }))
  },
  {
    weight: 3,
    arbitrary: fc.record({
      now: seconds,
      text,
      expiresAt: fc.constant(null),
      n: number
    }).map(({ now, text, expiresAt, n }) => ({
      name: `fact ${now} ${text}`,
      change: addFact({ ...contextOf(dana, now), factId: `fact-${n}` }, { text, pinned: false, expires_at: expiresAt }),
      isIdempotent: true
    }))
  },
  fc.record({ now: seconds, n: number, text, expiresAt: expiry }).map(({ now, n, text, expiresAt }) => ({
    name: `correct ${n}`, change: correctFact(`fact-${n}`, { text, expires_at: expiresAt }, { newId: `fact-${n + 1}-${now}`, now: at(now) }), isIdempotent: true
  })),
  fc.record({ now: seconds, n: number }).map(({ now, n }) => ({ name: `remove ${n}`, change: removeFact(`fact-${n}`, at(now)), isIdempotent: true })),
  fc.record({ now: seconds, n: number }).map(({ now, n }) => ({
    name: `note ${n}`,
    change: addCallerNote(contextOf(dana, now), { id: `note-${n}`, text: 'x', created_at: at(now), expires_at: null }),
    isIdempotent: false
  })),
  number.map((n) => ({ name: `no note ${n}`, change: removeCallerNote(`note-${n}`, at(n)), isIdempotent: true })),
  fc.record({
    now: seconds,
    patch: fc.record({ caller_name: fc.constantFrom('Dana', "Zoë O'Neil-Šk.", null), remember: fc.constant(true) }, { requiredKeys: [] })
  }).map(({ now, patch }) => ({ name: `profile ${patch.caller_name}`, change: changeProfile(contextOf(dana, now), patch), isIdempotent: true })),
  seconds.map((now) => ({ name: `opt out ${now}`, change: changeProfile(contextOf(dana, now), { remember: false }), isIdempotent: true })),
  seconds.map((now) => ({ name: `erase ${now}`, change: erase(at(now)), isIdempotent: true })),
  seconds.map((now) => ({ name: `drop mark ${now}`, change: dropErasureMark(at(now)), isIdempotent: true })),
  fc.record({ now: seconds, marks: seconds, callers: fc.option(seconds) }).map(({ now, marks, callers }) => ({
    name: `expire ${now} ${callers}`,
    change: expire({
      now: at(now),
      latest: at(now),
      erasedAt: at(now),
      marksSince: at(Math.min(marks, now)),
      callersSince: callers === null ? null : at(Math.min(callers, now))
    }),
    isIdempotent: true
  }))
)

/** The caller after a step; the same one when it is refused. Every other error is a defect. */
function apply (caller: Caller, { change }: Step): Caller {
  try {
    return deepFreeze(change(caller).caller)
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('BRIDGE_')) return caller
    throw error
  }
}

function invariants (before: Caller, step: Step, after: Caller): string | null {
  const { record } = after
  if (record !== null && !checks.caller(record)) return `the record is not valid: ${JSON.stringify(record)}`
  if (after.erasedAt !== null && !checks.mark({ phone_hash: dana, erased_at: after.erasedAt })) return 'the mark is not valid'
  if (before.record?.remember && record?.remember) {
    if (record.call_count < before.record.call_count) return 'the count of calls fell'
    if (record.session_id !== before.record.session_id) return 'the session changed'
  }
  if (before.record?.remember === false && record?.remember !== false && !step.name.startsWith('profile')) return 'an opt-out was lost'
  if (record?.remember) {
    const numbers = [...record.folded_calls, ...record.calls].map((call) => call.number)
    if (new Set(numbers).size !== numbers.length) return 'two calls have one number'
    if (numbers.some((each) => each > record.call_count)) return 'a call has a number that was not counted'
    const starts = record.calls.map((call) => call.started_at)
    if (starts.some((start, n) => n > 0 && start < starts[n - 1]!)) return 'calls are out of order'
    if (record.calls.length + record.folded_calls.length !== Math.min(record.call_count, record.calls.length + 200)) return 'a call is missing'
  }
  return null
}

t.test('any sequence of changes keeps a record valid, counted and in order, and changes no input', async (t) => {
  fc.assert(fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
    let caller: Caller = deepFreeze({ record: null, erasedAt: null })
    for (const each of steps) {
      const after = apply(caller, each)
      const fault = invariants(caller, each, after)
      if (fault !== null) throw new Error(`${each.name}: ${fault}`)
      caller = after
    }
  }), { numRuns: runs(150) })
  t.pass()
})

t.test('doing the same again changes nothing', async (t) => {
  fc.assert(fc.property(fc.array(step, { maxLength: 40, size: 'max' }), step, (steps, last) => {
    fc.pre(last.isIdempotent)
    const once = apply(steps.reduce<Caller>(apply, deepFreeze({ record: null, erasedAt: null })), last)
    const twice = apply(once, last)
    if (JSON.stringify(twice) !== JSON.stringify(once)) throw new Error(`${last.name}: ${JSON.stringify(once)} became ${JSON.stringify(twice)}`)
  }), { numRuns: runs(300) })
  t.pass()
})

t.test('more calls than are kept never lose the count', async (t) => {
  let caller: Caller = { record: null, erasedAt: null }
  fc.assert(fc.property(fc.integer({ min: 0, max: 3600 }), fc.nat(), (start, id) => {
    const each: Step = { name: 'ring', change: recordCallStart(contextOf(dana, start), { conversationId: `conv_${id}`, callSid: null }, 'inbound'), isIdempotent: true }
    const after = apply(caller, each)
    const fault = invariants(caller, each, after)
    if (fault !== null) throw new Error(fault)
    caller = after
  }), { numRuns: 300 })
  t.ok(caller.record?.remember && caller.record.folded_calls.length === 200)
})
