import t from 'tap'
import { parseForeignJson } from '../../src/foreign-json.ts'

t.test('what is JSON is parsed, what is none is undefined', async (t) => {
  t.strictSame(parseForeignJson('{"a":[1,{"b":"]}[{"}],"c":"\\"[["}'), { a: [1, { b: ']}[{' }], c: '"[[' })
  for (const text of ['', '{', '<html>', '"a', '"\\']) t.equal(parseForeignJson(text), undefined, text)
})

t.test('what is nested too deep is not parsed, and takes no time', async (t) => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
  t.ok(Array.isArray(parseForeignJson(nested(64))))
  const begun = process.cpuUsage()
  for (const text of [nested(65), '['.repeat(20_000_000), '{"a":'.repeat(1_000_000)]) t.equal(parseForeignJson(text), undefined)
  t.ok(process.cpuUsage(begun).user < 2_000_000, 'parsing would take ten seconds')
})

t.test('brackets in strings nest nothing', async (t) => {
  t.strictSame(parseForeignJson(JSON.stringify(['['.repeat(1000)])), ['['.repeat(1000)])
})
