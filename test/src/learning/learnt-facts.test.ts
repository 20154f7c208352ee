/** What learning does to facts. */
import t from 'tap'
import type { Fact } from '../../../schemas/caller-record.ts'
import { MAX_FACTS } from '../../../src/caller/facts.ts'
import { addLearnt, MAX_LEARNT_FACTS, NEW_FACT, replaceFact, retireFact } from '../../../src/learning/learnt-facts.ts'
import { at } from '../../stored.ts'

const learnt = (text: string, more: Partial<Fact> = {}): Fact =>
  ({ ...NEW_FACT, id: `new ${text}`.slice(0, 64), text, source: 'call', evidence: 'so I said', conversation_id: 'conv_2', created_at: at(10), updated_at: at(11), category: 'other', confidence: 0.9, ...more })
const fact = (text: string, more: Partial<Fact> = {}): Fact =>
  ({ id: text, text, source: 'call', evidence: 'so', pinned: false, created_at: at(1), updated_at: at(1), expires_at: null, superseded_by: null, conversation_id: 'conv_1', ...more })
const unsure = { state: 'pending' as const, pending_reason: 'unsupported' as const }
const texts = (facts: Fact[]) => facts.map(({ text }) => text)

t.test('a new sentence becomes a fact with its source', async (t) => {
  t.strictSame(addLearnt([], learnt('Lives in Denver')), {
    facts: [{
      id: 'new Lives in Denver',
      text: 'Lives in Denver',
      source: 'call',
      evidence: 'so I said',
      pinned: false,
      created_at: at(10),
      updated_at: at(11),
      expires_at: null,
      superseded_by: null,
      conversation_id: 'conv_2',
      category: 'other',
      confidence: 0.9
    }],
    outcome: 'added'
  })
})

t.test('what is not sure is pending', async (t) => {
  const { facts, outcome } = addLearnt([], learnt('Lives in Denver', unsure))
  t.equal(outcome, 'pending')
  t.match(facts, [{ text: 'Lives in Denver', state: 'pending' }])
})

t.test('a near-repeat makes no second fact', async (t) => {
  const table: Array<[string, Fact, string]> = [
    ['of a learnt fact', fact('Prefers deliveries in the morning'), at(11)],
    ['of the operator\'s', fact('Prefers deliveries in the morning', { source: 'operator' }), at(1)],
    ['of a pinned one', fact('Prefers deliveries in the morning', { pinned: true }), at(1)]
  ]
  for (const [what, known, updatedAt] of table) {
    const { facts, outcome } = addLearnt([known], learnt('prefers morning deliveries'))
    t.strictSame([outcome, facts], ['repeated', [{ ...known, updated_at: updatedAt, ...(updatedAt === at(11) ? { confirmed: 1 } : {}) }]], what)
  }
})

t.test('a fact that has ended does not count as a repeat', async (t) => {
  for (const more of [{ superseded_by: 'other' }, { state: 'retired' as const }, { expires_at: at(2) }]) {
    t.equal(addLearnt([fact('Lives in Denver', more)], learnt('Lives in Denver')).outcome, 'added')
  }
})

t.test('what the operator has rejected is not learnt again', async (t) => {
  const rejected = fact('Lives in Denver', { state: 'rejected' })
  t.strictSame(addLearnt([rejected], learnt('Lives in Denver')), { facts: [rejected], outcome: 'refused' })
})

t.test('a pending fact is approved once it is said again and sure', async (t) => {
  const pending = fact('Lives in Denver', { state: 'pending' })
  t.strictSame(addLearnt([pending], learnt('Lives in Denver', unsure)).facts[0]?.state, 'pending')
  const { facts, outcome } = addLearnt([pending], learnt('Lives in Denver'))
  t.equal(outcome, 'added')
  t.strictSame(facts, [{ ...fact('Lives in Denver'), evidence: 'so I said', conversation_id: 'conv_2', updated_at: at(11) }])
})

t.test('a pending correction of the operator\'s fact stays pending', async (t) => {
  const pending = fact('Lives in Denver', { state: 'pending', replaces: 'x' })
  t.strictSame(addLearnt([pending], learnt('Lives in Denver')), { facts: [{ ...pending, updated_at: at(11), confirmed: 1 }], outcome: 'repeated' })
})

t.test('a correction supersedes a fact, which stays as history', async (t) => {
  const boston = fact('Lives in Boston')
  const { facts, outcome } = replaceFact([boston, fact('Has a dog')], boston, learnt('Lives in Denver'))
  t.equal(outcome, 'superseded')
  t.strictSame(facts.slice(0, 2), [{ ...boston, superseded_by: 'new Lives in Denver', ended_at: at(11) }, fact('Has a dog')])
  t.match(facts[2], { text: 'Lives in Denver', state: undefined })
})

t.test('a correction that repeats a third fact keeps that one', async (t) => {
  const boston = fact('Lives in Boston')
  const { facts, outcome } = replaceFact([boston, fact('Lives in Denver')], boston, learnt('lives in Denver.'))
  t.equal(outcome, 'superseded')
  t.strictSame(facts, [{ ...boston, superseded_by: 'Lives in Denver', ended_at: at(11) }, fact('Lives in Denver')])
})

t.test('a correction that says the same is a repeat', async (t) => {
  const boston = fact('Lives in Boston')
  t.strictSame(replaceFact([boston], boston, learnt('lives in Boston')), { facts: [{ ...boston, updated_at: at(11), confirmed: 1 }], outcome: 'repeated' })
})

t.test('a correction of the operator\'s fact, of a pinned one, or an unsure one is pending', async (t) => {
  for (const [former, more] of [[fact('Lives in Boston', { source: 'operator' }), {}], [fact('Lives in Boston', { pinned: true }), {}], [fact('Lives in Boston'), unsure]] as const) {
    const { facts, outcome } = replaceFact([former], former, learnt('Lives in Denver', more))
    t.equal(outcome, 'pending')
    t.match(facts, [former, { text: 'Lives in Denver', state: 'pending', replaces: former.id }])
  }
})

t.test('an older call does not correct what was said later', async (t) => {
  const known = fact('Lives in Boston', { created_at: at(50) })
  t.equal(replaceFact([known, fact('Lives in Denver')], known, learnt('Lives in Denver')).outcome, 'outdated')
  const later = fact('Lives in Boston', { created_at: at(50) })
  t.strictSame(replaceFact([later], later, learnt('Lives in Denver')), { facts: [later], outcome: 'outdated' })
})

t.test('collected data replace what was collected under the same identifier', async (t) => {
  const known = fact('Delivery pref: door', { source: 'collected', label: 'delivery_pref' })
  const collected = learnt('Delivery pref: neighbour', { source: 'collected', label: 'delivery_pref' })
  t.match(addLearnt([known], collected), { outcome: 'superseded', facts: [{ superseded_by: collected.id }, { text: 'Delivery pref: neighbour', label: 'delivery_pref' }] })
  t.equal(addLearnt([known], { ...collected, label: 'other' }).outcome, 'added')
})

t.test('a fact is retired, unless it is the operator\'s or pinned', async (t) => {
  const dog = fact('Has a dog')
  t.strictSame(retireFact([dog], dog, at(11)), [{ ...dog, state: 'retired', ended_at: at(11) }])
  for (const kept of [{ ...dog, source: 'operator' }, { ...dog, pinned: true }]) t.equal(retireFact([kept], kept, at(11)), null)
})

t.test('beyond the limit, rejected facts go first, then pending and current ones, the oldest first; ended ones do not count', async (t) => {
  const full = [
    fact('pinned', { pinned: true, updated_at: at(0) }),
    fact('the operator\'s', { source: 'operator', updated_at: at(0) }),
    fact('oldest that holds', { updated_at: at(1) }),
    fact('waits', { state: 'pending', updated_at: at(2) }),
    fact('rejected', { state: 'rejected', updated_at: at(3) }),
    fact('retired', { state: 'retired', updated_at: at(4) }),
    ...Array.from({ length: MAX_LEARNT_FACTS - 3 }, (_, n) => fact(`Fact number ${n} is here`, { updated_at: at(5) }))
  ]
  let facts = full
  const gone: string[][] = []
  for (const word of ['apples', 'pears', 'plums']) {
    const before = texts(facts)
    facts = addLearnt(facts, learnt(`Likes ${word}`)).facts
    gone.push(before.filter((text) => !texts(facts).includes(text)))
  }
  t.strictSame(gone, [['rejected'], ['waits'], ['oldest that holds']])
})

t.test('a merged record over the limit loses no more facts than it gains', async (t) => {
  const full = [...Array.from({ length: MAX_FACTS + 100 }, (_, n) => fact(`Operator wrote ${n}`, { source: 'operator' })), fact('Has a dog'), fact('Has a cat', { updated_at: at(2) })]
  const { facts, outcome } = addLearnt(full, learnt('Likes apples'))
  t.strictSame([outcome, facts.length, texts(facts.slice(-2))], ['added', full.length, ['Has a cat', 'Likes apples']])
})

t.test('there is no room for a pending fact among current ones', async (t) => {
  const full = Array.from({ length: MAX_LEARNT_FACTS }, (_, n) => fact(`Fact number ${n} is here`))
  t.strictSame(addLearnt(full, learnt('Likes apples', unsure)), { facts: full, outcome: 'no-room' })
})

t.test('the operator\'s facts leave less room for learnt ones', async (t) => {
  const operators = Array.from({ length: MAX_FACTS - 2 }, (_, n) => fact(`Operator wrote ${n}`, { source: 'operator' }))
  const { facts } = addLearnt([...operators, fact('Has a dog'), fact('Has a cat', { updated_at: at(2) })], learnt('Likes apples'))
  t.strictSame(texts(facts.slice(-2)), ['Has a cat', 'Likes apples'])
  t.equal(facts.length, MAX_FACTS)
})
