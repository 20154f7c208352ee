import { PassThrough } from 'node:stream'
import t, { type Test } from 'tap'
import { terminalQuestions } from '../../../src/cli/questions.ts'

/** A terminal at which somebody types: text when a question with it is shown. */
function terminal (t: Test, typed: Array<[question: string, keys: string]>) {
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} })
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 })
  let shown = ''
  output.on('data', (chunk: Buffer) => {
    shown += chunk.toString()
    const [question, keys] = typed[0] ?? ['', '']
    if (typed.length > 0 && shown.includes(question)) {
      typed.shift()
      for (const key of keys) setImmediate(() => input.write(key))
    }
  })
  const abort = new AbortController()
  t.teardown(() => { input.destroy(); output.destroy() })
  return { questions: terminalQuestions(input, output, abort.signal), shown: () => shown, abort }
}

t.test('questions on a terminal', async (t) => {
  const { questions, shown } = terminal(t, [
    ['Name?', 'Ann\r'], ['Key?', 'secret-key\r'], ['Agents?', ' \r'], ['Sure?', 'y'], ['More?', '\x03']
  ])

  t.equal(await questions.text('Name?', '', (answer) => answer === 'Ann' ? null : 'Wrong'), 'Ann')
  t.equal(await questions.secret('Key?'), 'secret-key')
  t.notMatch(shown(), 'secret-key', 'which is not shown')
  t.strictSame(await questions.choose('Agents?', [{ value: 'a1', label: 'One' }, { value: 'a2', label: 'Two' }]), ['a1'])
  t.equal(await questions.confirm('Sure?', false), true)
  await t.rejects(questions.confirm('More?', true), { code: 'BRIDGE_COMMAND_FAILED', message: 'Cancelled' })
})

t.test('an interruption ends a question', async (t) => {
  const { questions, abort } = terminal(t, [])
  const answer = questions.confirm('Sure?', false)
  setImmediate(() => abort.abort(new Error('interrupted')))

  await t.rejects(answer, { message: 'interrupted' })
})
