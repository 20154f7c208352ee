import t from 'tap'
import { readScript } from '../../../src/simulate/script.ts'

t.test('reads a list of turns', async (t) => {
  t.strictSame(readScript('- agent: Hello\n- caller: " Leave it there "\n- tool: remember\n  body: { fact: Likes tea }\n- tool: recall\n'), {
    turns: [
      { role: 'agent', message: 'Hello' },
      { role: 'user', message: 'Leave it there' },
      { tool: 'remember', body: { fact: 'Likes tea' } },
      { tool: 'recall', body: {} }
    ],
    summary: 'A simulated call.',
    collected: {}
  })
})

t.test('reads a summary and collected values, also from JSON', async (t) => {
  t.strictSame(readScript('{"turns":[],"summary":"Asked for tea.","collected":{"caller_name":"Dana","cups":2}}'), {
    turns: [], summary: 'Asked for tea.', collected: { caller_name: 'Dana', cups: '2' }
  })
})

t.test('says what is wrong', async (t) => {
  const cases: Array<[text: string, problem: RegExp]> = [
    ['', /no list of turns/],
    ['just words', /no list of turns/],
    ['turns: none', /no list of turns/],
    ['- agent: Hello\n- somebody: Hm', /^turn 2 is not/],
    ['- agent: ""', /^turn 1 is not/],
    ['- [', /^it is not YAML: /]
  ]
  for (const [text, problem] of cases) t.match(readScript(text), { problem }, text)
})
