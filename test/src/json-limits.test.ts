import t from 'tap'
import { createJsonScan, MAX_DEPTH, MAX_VALUES } from '../../src/json-limits.ts'
import { parseJson } from '../../src/parse-json.ts'

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
