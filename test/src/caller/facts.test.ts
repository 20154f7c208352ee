import t from 'tap'
import { callerFrom, type Caller } from '../../../src/caller/caller.ts'
import type { CallerRecord, Fact } from '../../../schemas/caller-record.ts'
import {
  addFact, correctFact, countCurrent, isCurrentFact, MAX_ENDED_FACTS, MAX_FACTS, removeFact, withoutOldFacts,
  type FactFields
} from '../../../src/caller/facts.ts'
import { changeProfile } from '../../../src/caller/profile.ts'
import { call } from '../prompt/samples.ts'
import { at, callerHash, contextOf, deepFreeze } from '../../stored.ts'

const dana = callerHash(1)
const nobody: Caller = { record: null, erasedAt: null }
const optedOut = changeProfile(contextOf(dana, 0), { remember: false })(nobody).caller

const add = (text: string, seconds = 1, fields: FactFields = {}) =>
  addFact({ ...contextOf(dana, seconds), factId: `${text}@${seconds}` }, { ...fields, text })

/** A caller with these facts. */
function callerWith (...texts: string[]): Caller {
  return deepFreeze(texts.reduce((caller, text) => add(text)(caller).caller, nobody))
}

const facts = ({ record }: Caller) => record?.remember ? record.facts : []

t.test('the first fact makes a record', async (t) => {
  const { caller, result } = add('likes tea', 3, { expires_at: at(9), pinned: true })(nobody)

  t.strictSame(caller, {
    erasedAt: null,
    record: {
      version: 1,
      phone_hash: dana,
      session_id: 'session-3',
      caller_name: null,
      language: null,
      remember: true,
      created_at: at(3),
      first_seen: null,
      last_seen: null,
      call_count: 0,
      facts: [{
        id: 'likes tea@3',
        text: 'likes tea',
        source: 'operator',
        evidence: null,
        pinned: true,
        created_at: at(3),
        updated_at: at(3),
        expires_at: at(9),
        superseded_by: null
      }],
      notes: [],
      calls: [],
      folded_calls: []
    }
  })
  t.strictSame(result, { fact: facts(caller)[0], totalFacts: 1 })
})

t.test('facts are kept oldest first', async (t) => {
  t.strictSame(facts(callerWith('a', 'b', 'c')).map(({ text }) => text), ['a', 'b', 'c'])
})

t.test('an exact repeat is stored once, and the older fact is returned', async (t) => {
  const caller = callerWith('likes tea', 'has a dog')

  const repeat = add('likes tea', 5)(caller)

  t.equal(repeat.caller, caller, 'nothing to write')
  t.strictSame(repeat.result, { fact: facts(caller)[0], totalFacts: 2 })
  t.equal(facts(add('likes Tea', 5)(caller).caller).length, 3, 'letter case makes another fact')
})

t.test('an exact repeat updates the fields that it gives, and no others', async (t) => {
  const { caller } = add('likes tea', 1, { expires_at: at(10), pinned: true })(nobody)

  t.equal(add('likes tea', 5)(caller).caller, caller, 'nothing said, nothing changed')
  const { result } = add('likes tea', 5, { expires_at: null })(caller)
  t.match(result.fact, { id: 'likes tea@1', pinned: true, expires_at: null, updated_at: at(5) })
})

t.test('a repeat of a fact that has ended is a new fact', async (t) => {
  const { caller } = add('on holiday', 1, { expires_at: at(10) })(nobody)

  t.equal(add('on holiday', 9)(caller).caller, caller, 'a second before it ends')
  const anew = add('on holiday', 10)(caller)

  t.equal(facts(anew.caller).length, 2)
  t.strictSame([anew.result.fact.id, anew.result.totalFacts], ['on holiday@10', 1])
})

t.test('a fact is current until it ends or is superseded', async (t) => {
  const [plain] = facts(callerWith('x'))
  t.equal(isCurrentFact(plain!, at(99)), true)
  t.equal(isCurrentFact({ ...plain!, expires_at: at(5) }, at(4)), true)
  t.equal(isCurrentFact({ ...plain!, expires_at: at(5) }, at(5)), false)
  t.equal(isCurrentFact({ ...plain!, superseded_by: 'other' }, at(1)), false)
  t.equal(countCurrent([plain!, { ...plain!, expires_at: at(5) }], at(5)), 1)
})

t.test('there is room for 1000 facts; one more is refused, a repeat is not', async (t) => {
  t.equal(MAX_FACTS, 1000)
  const full = callerWith(...Array.from({ length: 1000 }, (_, n) => `fact ${n}`))

  t.throws(() => add('one more')(full), { code: 'BRIDGE_FACTS_FULL', statusCode: 409, message: /1000/ })
  t.equal(add('fact 7')(full).result.totalFacts, 1000)
  const { caller } = removeFact('fact 0@1', at(2))(full)
  t.equal(add('one more')(caller).result.totalFacts, 1000)
})

t.test('a correction of the words is a new fact, and the old one is history', async (t) => {
  const caller = callerWith('a', 'b')
  const [first, second] = facts(caller)
  const { caller: corrected, result } = correctFact('a@1', { text: 'c' }, { newId: 'new', now: at(7) })(caller)

  const revision = { ...first, id: 'new', text: 'c', created_at: at(7), updated_at: at(7) }
  t.strictSame(facts(corrected), [{ ...first, superseded_by: 'new', ended_at: at(7) }, second, revision])
  t.strictSame(result, { fact: revision, totalFacts: 2 })
})

t.test('a correction keeps the pin and the end, unless it sets them', async (t) => {
  const { caller } = add('a', 1, { expires_at: at(90), pinned: true })(nobody)
  const correct = (patch: FactFields) => correctFact('a@1', patch, { newId: 'new', now: at(7) })(caller)

  t.match(correct({ text: 'c' }).result.fact, { pinned: true, expires_at: at(90) })
  t.match(facts(correct({ text: 'c' }).caller)[0], { pinned: false, superseded_by: 'new' }, 'the pin moved')
  t.match(correct({ text: 'c', pinned: false, expires_at: null }).result.fact, { pinned: false, expires_at: null })
})

t.test('a correction of a fact that is history is refused, and names the current one', async (t) => {
  const once = correctFact('a@1', { text: 'c' }, { newId: 'second', now: at(7) })(callerWith('a')).caller
  const twice = correctFact('second', { text: 'd' }, { newId: 'third', now: at(8) })(once).caller

  for (const patch of [{ text: 'e' }, { pinned: true }]) {
    t.throws(() => correctFact('a@1', patch, { newId: 'x', now: at(9) })(twice), { code: 'BRIDGE_FACT_SUPERSEDED', statusCode: 409, message: /third$/ })
  }
})

t.test('other words for a fact that is not told are told at once', async (t) => {
  const [first] = facts(callerWith('a'))
  const reworded = (about: Partial<Fact>) => {
    const { caller } = add('b')(callerWith('a'))
    const record = { ...(caller.record as CallerRecord), facts: [{ ...first!, ...about }, facts(caller)[1]!] }
    const corrected = correctFact('a@1', { text: 'c' }, { newId: 'new', now: at(7) })({ ...caller, record })
    return facts(corrected.caller).map(({ id, state, superseded_by: by, pinned }) => [id, state, by, pinned])
  }

  t.strictSame(reworded({ state: 'pending' }), [['a@1', undefined, 'new', false], ['b@1', undefined, null, false], ['new', undefined, null, false]])
  t.strictSame(reworded({ state: 'pending', replaces: 'b@1' })[1], ['b@1', undefined, 'new', false], 'and replace what it was to replace')
  t.strictSame(reworded({ state: 'rejected' })[0], ['a@1', 'rejected', 'new', false], 'what was rejected is still not learnt again')
  t.strictSame(reworded({ state: 'retired', ended_at: at(3) })[0], ['a@1', undefined, 'new', false])
})

t.test('facts that have ended do not count, and the oldest go, except those that a call was told', async (t) => {
  t.equal(MAX_ENDED_FACTS, 300)
  const full = callerWith(...Array.from({ length: 1000 }, (_, n) => `fact ${n}`))
  const told = { ...full, record: { ...(full.record as CallerRecord), calls: [call(1, null, { told: ['fact 7@1'] })] } }
  let caller: Caller = told
  for (let n = 0; n < 305; n++) {
    caller = correctFact(`fact ${n}@1`, { text: `new ${n}` }, { newId: `new ${n}`, now: at(7 + n) })(caller).caller
  }

  t.equal(countCurrent(facts(caller), at(999)), 1000)
  const gone = facts(told).map(({ id }) => id).filter((id) => facts(caller).every((fact) => fact.id !== id))
  t.strictSame(gone, ['fact 0@1', 'fact 1@1', 'fact 2@1', 'fact 3@1', 'fact 4@1'])
  caller = correctFact('new 7', { text: 'newest 7' }, { newId: 'newest 7', now: at(900) })(caller).caller
  t.match(facts(caller).find(({ id }) => id === 'fact 7@1'), { superseded_by: 'new 7' })
})

t.test('what a call was told leads to the current fact, whatever went in between', async (t) => {
  const ended = Array.from({ length: 300 }, (_, n) => ({ ...facts(callerWith('x'))[0]!, id: `ended ${n}`, expires_at: at(500) }))
  const chain = ['a', 'b', 'c', 'd'].map((id, n, all) => ({
    ...ended[0]!, id, expires_at: null, superseded_by: all[n + 1] ?? null, ...(n === 3 ? {} : { ended_at: at(n) })
  }))
  const record = { ...(callerWith('x').record as CallerRecord), facts: [...ended, ...chain], calls: [call(1, null, { told: ['a'] })] }

  const left = withoutOldFacts(record, at(999))
  t.strictSame(left.facts.slice(-2).map(({ id, superseded_by: by }) => [id, by]), [['a', 'd'], ['d', null]])
  t.equal(withoutOldFacts(left, at(999)), left)
})

t.test('a correction changes what it names and nothing else', async (t) => {
  const caller = callerWith('a', 'b')
  const [first, second] = facts(caller)
  const patches: Array<[FactFields, object]> = [
    [{ pinned: true }, { pinned: true }],
    [{ expires_at: at(50) }, { expires_at: at(50) }]
  ]
  for (const [patch, change] of patches) {
    const { caller: corrected, result } = correctFact('b@1', patch, { newId: 'new', now: at(7) })(caller)
    t.strictSame(facts(corrected), [first, { ...second, ...change, updated_at: at(7) }])
    t.strictSame(result, { fact: facts(corrected)[1], totalFacts: 2 })
  }
})

t.test('a correction without a change changes nothing', async (t) => {
  const caller = callerWith('a', 'b')

  for (const patch of [{ expires_at: null }, { text: 'b' }, { pinned: false }, {}]) {
    t.equal(correctFact('b@1', patch, { newId: 'new', now: at(7) })(caller).caller, caller)
  }
})

t.test('a record made after an erasure never looks older than it, whatever the clock says', async (t) => {
  const { caller } = add('new', 3)({ record: null, erasedAt: at(6) })

  t.match(callerFrom(caller.record, at(6)).record, { facts: [{ text: 'new' }] })
})

t.test('a correction can set and remove an end', async (t) => {
  const ended = correctFact('a@1', { expires_at: at(3) }, { newId: 'new', now: at(5) })(callerWith('a', 'b'))
  t.equal(ended.result.totalFacts, 1)

  t.equal(correctFact('a@1', { expires_at: null }, { newId: 'new', now: at(6) })(ended.caller).result.totalFacts, 2)
})

t.test('a correction to the text of another current fact is refused', async (t) => {
  const caller = callerWith('a', 'b')

  t.throws(() => correctFact('b@1', { text: 'a' }, { newId: 'new', now: at(5) })(caller), { code: 'BRIDGE_FACT_REPEATED', statusCode: 409 })
  const ended = correctFact('a@1', { expires_at: at(4) }, { newId: 'new', now: at(3) })(caller).caller
  t.equal(correctFact('b@1', { text: 'a' }, { newId: 'new', now: at(5) })(ended).result.fact.text, 'a')
})

t.test('deleting removes one fact and counts the rest', async (t) => {
  const { caller, result } = removeFact('b@1', at(5))(callerWith('a', 'b', 'c'))

  t.strictSame(facts(caller).map(({ text }) => text), ['a', 'c'])
  t.equal(result, 2)
})

t.test('a fact that is not there is a 404', async (t) => {
  for (const caller of [callerWith('a'), nobody, optedOut]) {
    t.throws(() => correctFact('z', { pinned: true }, { newId: 'new', now: at(5) })(caller), { code: 'BRIDGE_FACT_UNKNOWN', statusCode: 404 })
    t.throws(() => removeFact('z', at(5))(caller), { code: 'BRIDGE_FACT_UNKNOWN', statusCode: 404 })
  }
})

t.test('nothing is added about a caller who opted out', async (t) => {
  t.throws(() => add('likes tea')(optedOut), { code: 'BRIDGE_CALLER_OPTED_OUT', statusCode: 409 })
})
