import fc from 'fast-check'
import t from 'tap'
import { createJsonScan, cutText, fieldsOf, isFields, MAX_DEPTH, MAX_VALUES, numberOf, parseJson, textOf } from '../../src/json.ts'
import { anyCharacter } from '../characters.ts'

const parse = (text: string) => createJsonScan().take(Buffer.from(text)) ? parseJson(text) : undefined

t.test('what is JSON is parsed, what is none is undefined', async (t) => {
  t.strictSame(parse('{"a":[1,{"b":"]}[{"}],"c":"\\"[["}'), { a: [1, { b: ']}[{' }], c: '"[[' })
  for (const text of ['', '{', '<html>', '"a', '"\\']) t.equal(parse(text), undefined, text)
})

t.test('what is nested too deep is not parsed, and takes no time', async (t) => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
  t.ok(Array.isArray(parse(nested(64))))
  const begun = process.cpuUsage()
  for (const text of [nested(65), '['.repeat(20_000_000), '{"a":'.repeat(1_000_000)]) t.equal(parse(text), undefined)
  t.ok(process.cpuUsage(begun).user < 2_000_000, 'parsing would take ten seconds')
})

t.test('brackets in strings nest nothing', async (t) => {
  t.strictSame(parse(JSON.stringify(['['.repeat(1000)])), ['['.repeat(1000)])
})

t.test('what has too many values is not parsed', async (t) => {
  const list = (values: number) => `[${'0,'.repeat(values - 1)}0]`
  const isParsed = (text: string) => parse(text) !== undefined
  t.ok(isParsed(list(MAX_VALUES)))
  t.notOk(isParsed(list(MAX_VALUES + 1)))
  t.notOk(isParsed(`[${'{},'.repeat(MAX_VALUES / 2)}0]`))
  t.notOk(isParsed(`{${'"a":0,'.repeat(MAX_VALUES / 2)}"a":0}`))
})

t.test('a text may come in pieces, cut anywhere', async (t) => {
  const text = Buffer.from(`["\\"${'['.repeat(MAX_DEPTH)}\\\\",${'['.repeat(MAX_DEPTH - 1)}`)
  for (const deeper of ['', '[']) {
    const scan = createJsonScan()
    const fits = [...text, ...Buffer.from(deeper)].every((byte) => scan.take(Buffer.of(byte)))
    t.equal(fits, deeper === '', deeper)
  }
})

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
    fc.assert(fc.property(fc.string({ unit: anyCharacter }), fc.string({ unit: fc.constantFrom('\ud800', '\udc00', 'a') }), fc.integer({ min: 1, max: 20 }), (any, broken, limit) =>
      [any, broken].every((value) => {
        const text = textOf({ a: value }, 'a', limit)
        return text === null || (text.isWellFormed() && [...text].length <= limit)
      })))
  })
})

t.test('a text is cut by characters, not by halves of them', async (t) => {
  t.equal(cutText('abc', 3), 'abc')
  t.equal(cutText('abcd', 3), 'abc')
  t.equal(cutText('a😀😀😀', 3), 'a😀😀')
  t.equal(cutText('😀😀', 3), '😀😀')
  t.equal(cutText('\ud83d\ud83d\ude00x', 2), '\ud83d\ud83d\ude00')
  t.equal(cutText('', 0), '')
})
