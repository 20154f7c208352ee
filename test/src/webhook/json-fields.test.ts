import fc from 'fast-check'
import t from 'tap'
import { fieldsOf, isFields, numberOf, textOf } from '../../../src/webhook/json-fields.ts'

t.test('isFields takes objects alone', async (t) => {
  t.ok(isFields({}))
  for (const value of [null, undefined, [], 'text', 1, true]) t.notOk(isFields(value))
})

t.test('fieldsOf is empty for what is no object', async (t) => {
  t.strictSame(fieldsOf({ a: { b: 1 } }, 'a'), { b: 1 })
  for (const value of [null, undefined, [1], 'text', 1]) t.strictSame(fieldsOf({ a: value }, 'a'), {})
})

t.test('numberOf is null for what is no finite number', async (t) => {
  t.equal(numberOf({ a: 0 }, 'a'), 0)
  for (const value of [null, undefined, '1', NaN, Infinity, {}]) t.equal(numberOf({ a: value }, 'a'), null)
})

t.test('textOf', async (t) => {
  t.test('trims, and is null for what is empty or no text', async (t) => {
    t.equal(textOf({ a: ' b ' }, 'a'), 'b')
    for (const value of [null, undefined, '', ' \n', 1, true, {}, ['b']]) t.equal(textOf({ a: value }, 'a'), null)
  })

  t.test('cuts between characters, never within one', async (t) => {
    t.equal(textOf({ a: '📞📞📞' }, 'a', 2), '📞📞')
    t.equal(textOf({ a: 'abcdef' }, 'a', 4), 'abcd')
  })

  t.test('is always well-formed and within its limit', async () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom('\ud800', '\udc00', 'a') }), fc.integer({ min: 1, max: 20 }), (any, broken, limit) =>
      [any, broken].every((value) => {
        const text = textOf({ a: value }, 'a', limit)
        return text === null || (text.isWellFormed() && [...text].length <= limit)
      })))
  })
})
