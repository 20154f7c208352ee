import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { changeTo, covers, patchFor, undoPatchFor, undoStateOf, valueAt, type Change } from '../../../src/connect/changes.ts'
import { newConnection, withChanges } from '../../../src/connect/kept.ts'
import type { Fields } from '../../../src/json.ts'

const PLACEHOLDERS = ['conversation_config', 'agent', 'dynamic_variables', 'dynamic_variable_placeholders']

/** What a server does with a patch: objects are merged, lists and the map replaced. */
function apply (config: Fields, patch: Fields, path = ''): Fields {
  return {
    ...config,
    ...Object.fromEntries(Object.entries(patch).map(([name, value]) => {
      const inner = path === '' ? name : `${path}.${name}`
      const isObject = (each: unknown): each is Fields => typeof each === 'object' && each !== null && !Array.isArray(each)
      const before = config[name]
      return [name, isObject(value) && isObject(before) && inner !== PLACEHOLDERS.join('.') ? apply(before, value, inner) : value]
    }))
  }
}

const wants = [
  { path: ['a', 'b'], value: true, label: '' },
  { path: ['a', 'list'], value: 'new', isItem: true, label: '' },
  { path: ['a', 'c'], value: { url: 'x', more: ['1', '2'] }, label: '' },
  { path: [...PLACEHOLDERS, 'name'], value: 'there', label: '' }
]

const changesOf = (config: Fields) => wants.map((want) => changeTo(config, want)).filter((change) => change !== null)

t.test('what is there already is no change', async (t) => {
  t.equal(covers({ url: 'x', more: ['2', '1'], extra: 1 }, { url: 'x', more: ['1', '2'] }), true)
  for (const other of [{ url: 'x', more: ['1'] }, { url: 'y', more: ['1', '2'] }, null, 'x', { url: 'x' }]) {
    t.equal(covers(other, { url: 'x', more: ['1', '2'] }), false)
  }
  t.equal(covers(undefined, null), true)
  t.equal(covers([{ a: 1 }], [{ a: 1 }]), true)
  t.equal(covers({ __proto__: null }, { toString: 'x' }), false)
})

t.test('a patch has the changes, and the whole of lists and maps', async (t) => {
  const config = { a: { b: false, list: ['own'], z: 1 }, conversation_config: { agent: { dynamic_variables: { dynamic_variable_placeholders: { own: 1 } }, y: 2 } } }

  t.strictSame(patchFor(config, changesOf(config)), {
    a: { b: true, list: ['own', 'new'], c: { url: 'x', more: ['1', '2'] } },
    conversation_config: { agent: { dynamic_variables: { dynamic_variable_placeholders: { own: 1, name: 'there' } } } }
  })
})

t.test('any configuration: after a patch nothing is left to change, and the undone one is as before', async () => {
  const plain = { noNullPrototype: true }
  const value = fc.oneof(fc.boolean(), fc.constant(null), fc.constantFrom('x', 'there'), fc.record({ url: fc.constant('y') }, plain))
  const configs = fc.record({
    a: fc.record({ b: value, list: fc.uniqueArray(fc.constantFrom('new', 'own', 'other')), c: value }, plain),
    conversation_config: fc.record({ agent: fc.record({ dynamic_variables: fc.record({ dynamic_variable_placeholders: fc.dictionary(fc.constantFrom('name', 'own', '__proto__'), fc.constantFrom('there', 'x'), plain) }, plain) }, plain) }, plain)
  }, plain)
  fc.assert(fc.property(configs, (config) => {
    const changes = changesOf(config)
    const after = apply(config, patchFor(config, changes))
    assert.deepEqual(changesOf(after), [])
    assert.ok(changes.every((change) => undoStateOf(after, change) === 'ours'))
    const undone = apply(after, undoPatchFor(after, changes))
    assert.ok(covers(undone, config))
    assert.deepEqual(valueAt(undone, PLACEHOLDERS), valueAt(config, PLACEHOLDERS))
    assert.ok(changes.every((change) => undoStateOf(undone, change) === 'undone'))
  }), { numRuns: 100 })
})

t.test('what was there first is kept, unless somebody else has changed it', async (t) => {
  const target = { target: 'agent' as const, id: 'agent_1', branch_id: null }
  const change = (before: unknown, after: unknown): Change => ({ path: ['a'], is_item: false, had: true, before, after })
  const first = withChanges(newConnection('id'), target, [change('theirs', 'ours')])

  t.match(withChanges(first, target, [change('ours', 'ours too')]).changed, [{ before: 'theirs', after: 'ours too' }])
  t.match(withChanges(first, target, [change('changed', 'ours too')]).changed, [{ before: 'changed', after: 'ours too' }])
  t.equal(withChanges(first, { ...target, branch_id: 'b' }, [change('x', 'y')]).changed.length, 2)
})
