/** The sixty calls of `npm run bench:learning`, with the scripted model. */
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { readCalls } from '../../../bench/learning/calls.ts'
import { rowOf, scoreCall, table, tables } from '../../../bench/learning/score.ts'

/** The rows of tables, without the names in front. */
const figuresIn = (text: string) => [...text.matchAll(/^\| [^|]+ \| (\d+ \| \d\.\d\d .*) \|$/gm)].map(([, figures]) => figures!)

/** Of versions before this one. */
const FORMER = ['60 | 0.44 | 0.85 | 63', '14 | 0.86 | 0.85 | 2', '12 | 0.82 | 0.92 | 3']

t.test('of sixty calls in seven languages, no false fact is told, and nearly all that should be', async (t) => {
  const calls = readCalls('bench/learning/calls.yaml')
  const scores = await Promise.all(calls.map((call) => scoreCall(call, async () => call.answer)))

  t.equal(calls.length, 60)
  t.equal(new Set(calls.map(({ language }) => language)).size, 7)
  for (const { call: { what }, wrong } of scores) t.strictSame(wrong, [], what)
  t.ok(rowOf('all', scores).recall >= 0.95, `recall ${rowOf('all', scores).recall}`)
  t.match(tables(scores), /\| held back \| 20 \|/)

  const [, section = ''] = (await readFile('docs/memory.md', 'utf8')).split('### How well it learns')
  const documented = figuresIn(section).filter((row) => !FORMER.includes(row))
  const later = await Promise.all(['afterwards', 'later'].map(async (name) => {
    const more = readCalls(`bench/learning/calls-${name}.yaml`)
    return rowOf(name, await Promise.all(more.map((call) => scoreCall(call, async () => call.answer))))
  }))
  const expected = figuresIn(tables(scores)).toSpliced(3, 0, ...figuresIn(table('calls', later)))
  t.strictSame(documented, expected, 'docs/memory.md says the same')
})

t.test('what is false or missing is counted', async (t) => {
  const [call] = readCalls('bench/learning/calls.yaml')
  const score = await scoreCall(call!, async () => '{"operations":[]}')

  t.match(score, { wanted: 2, found: 1, told: 2, wrong: ['Lives at 12 Elm Street'], missing: ['40 oak avenue'] })
  t.strictSame(rowOf('one', [score]), { name: 'one', calls: 1, precision: 0.5, recall: 0.5, falseFacts: 1 })
})
