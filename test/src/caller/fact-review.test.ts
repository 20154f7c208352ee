/** What the operator decides on learnt facts, and the history of a fact. */
import t from 'tap'
import type { Fact } from '../../../schemas/caller-record.ts'
import { activeRecord, recordToChange, type Caller } from '../../../src/caller/caller.ts'
import { approveFact, countPending, factHistory, rejectFact } from '../../../src/caller/fact-review.ts'
import { correctFact, isCurrentFact, removeFact } from '../../../src/caller/facts.ts'
import { at, callerHash, contextOf } from '../../stored.ts'

const learnt = (id: string, more: Partial<Fact> = {}): Fact => ({
  id, text: `text of ${id}`, source: 'call', evidence: 'so', pinned: false, created_at: at(1), updated_at: at(1), expires_at: null, superseded_by: null, conversation_id: 'conv_1', ...more
})
const callerWith = (...facts: Fact[]): Caller => ({
  record: { ...recordToChange({ record: null, erasedAt: null }, contextOf(callerHash(1), 0)), facts },
  erasedAt: null
})
const factsOf = (caller: Caller) => activeRecord(caller)?.facts

t.test('an approved fact is current', async (t) => {
  const pending = learnt('a', { state: 'pending', confidence: 0.4 })
  const { caller, result } = approveFact('a', at(9))(callerWith(pending))

  const { state, ...rest } = pending
  t.strictSame(result, { fact: { ...rest, updated_at: at(9) }, totalFacts: 1 })
  t.strictSame(factsOf(caller), [result.fact])
  t.equal(isCurrentFact(result.fact, at(9)), true)
})

t.test('an approved fact supersedes the one that it was to replace, and takes its pin', async (t) => {
  const { caller } = approveFact('b', at(9))(callerWith(learnt('a', { pinned: true }), learnt('b', { state: 'pending', replaces: 'a' })))
  t.match(factsOf(caller), [{ id: 'a', superseded_by: 'b', ended_at: at(9), pinned: false }, { id: 'b', state: undefined, pinned: true }])
})

t.test('a rejected fact is kept, and not told', async (t) => {
  const { caller, result } = rejectFact('a', at(9))(callerWith(learnt('a', { state: 'pending' })))
  t.match(result, { fact: { state: 'rejected', ended_at: at(9) }, totalFacts: 0 })
  t.equal(isCurrentFact(factsOf(caller)![0]!, at(9)), false)
})

t.test('only a pending fact can be approved or rejected', async (t) => {
  for (const decide of [approveFact, rejectFact]) {
    for (const fact of [learnt('a'), learnt('a', { state: 'rejected' }), learnt('a', { state: 'retired' })]) {
      t.throws(() => decide('a', at(9))(callerWith(fact)), { code: 'BRIDGE_FACT_NOT_PENDING' })
    }
    t.throws(() => decide('b', at(9))(callerWith(learnt('a'))), { code: 'BRIDGE_FACT_UNKNOWN' })
  }
})

t.test('the history of a fact has all facts before and after it, oldest first', async (t) => {
  const chain = [learnt('a', { superseded_by: 'b' }), learnt('b', { superseded_by: 'c', created_at: at(2) }), learnt('c', { created_at: at(3) }), learnt('other')]
  for (const id of ['a', 'b', 'c']) t.strictSame(factHistory(callerWith(...chain.toReversed()), id).map((fact) => fact.id), ['a', 'b', 'c'])
  t.strictSame(factHistory(callerWith(...chain), 'other').map((fact) => fact.id), ['other'])
  t.throws(() => factHistory(callerWith(...chain), 'none'), { code: 'BRIDGE_FACT_UNKNOWN' })
})

t.test('a history that was edited into a circle comes to an end', async (t) => {
  const ids = factHistory(callerWith(learnt('a', { superseded_by: 'b' }), learnt('b', { superseded_by: 'a' })), 'a').map((fact) => fact.id)
  t.strictSame(ids.sort(), ['a', 'b'])
})

t.test('deleting a fact deletes what it superseded', async (t) => {
  const { caller, result } = removeFact('c', at(9))(callerWith(learnt('a', { superseded_by: 'b' }), learnt('b', { superseded_by: 'c' }), learnt('c'), learnt('d')))
  t.strictSame([result, factsOf(caller)?.map(({ id }) => id)], [1, ['d']])
})

t.test('a learnt fact that the operator corrects becomes the operator\'s', async (t) => {
  t.equal(correctFact('a', { text: 'Lives in Denver' }, { newId: 'new', now: at(9) })(callerWith(learnt('a'))).result.fact.source, 'operator')
  t.equal(correctFact('a', { text: learnt('a').text }, { newId: 'new', now: at(9) })(callerWith(learnt('a'))).result.fact.source, 'operator', 'also in the same words')
  t.equal(correctFact('a', { pinned: true }, { newId: 'new', now: at(9) })(callerWith(learnt('a'))).result.fact.source, 'call')
})

t.test('pending facts are counted', async (t) => {
  t.equal(countPending(activeRecord(callerWith(learnt('a'), learnt('b', { state: 'pending' }), learnt('c', { state: 'rejected' })))!.facts), 1)
})
