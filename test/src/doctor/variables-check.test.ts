import t from 'tap'
import { checkVariables, type VariablesFacts } from '../../../src/doctor/variables-check.ts'
import { broken } from './doctor.ts'

const GREETING = 'conversation_config.agent.first_message'
const PROMPT = 'conversation_config.agent.prompt.prompt'
const GOOD: VariablesFacts = {
  agent: 'Front desk',
  sent: ['caller_name', 'plan'],
  demands: [{ variable: 'caller_name', where: GREETING }, { variable: 'plan', where: PROMPT }],
  soulUnknown: [],
  placeholders: [],
  replacesPrompt: false,
  replacesFirstMessage: false
}
const demand = (variable: string, ...where: string[]) => ({ demands: where.map((each) => ({ variable, where: each })) })

t.test('what is sent can be used', async (t) => {
  t.match(checkVariables(GOOD), [{ level: 'ok', message: 'The bridge sends everything that Front desk uses.' }])
})

t.test('finds variables that nobody sends', async (t) => {
  const cases: Array<[what: string, change: Partial<VariablesFacts>, found: string[]]> = [
    ['in the greeting', demand('x', GREETING), [`failure variables: Front desk uses {{x}} in ${GREETING}, and the bridge does not send it: calls are dropped.`]],
    ['in a greeting that is replaced', { ...demand('x', GREETING), replacesFirstMessage: true }, []],
    ['in the prompt', demand('x', PROMPT), [`warning variables: Front desk uses {{x}} in ${PROMPT}, and the bridge does not send it.`]],
    ['in a prompt that is replaced', { ...demand('x', PROMPT), replacesPrompt: true }, []],
    ['in a tool', demand('x', 'tool book.api_schema.url'), ['failure variables: Front desk uses {{x}} in tool book.api_schema.url, and the bridge does not send it: calls are dropped.']],
    ['in two places, with a placeholder', { ...demand('x', PROMPT, GREETING), placeholders: ['x'] }, [
      `failure variables: Front desk uses {{x}} in ${PROMPT}, ${GREETING}, and the bridge does not send it: calls are dropped. The placeholder in the dashboard only works in tests there.`
    ]],
    ['in the soul', { soulUnknown: ['y', 'z'] }, ['failure variables: The soul uses {{y}}, {{z}}, which nobody sends.']]
  ]
  for (const [what, change, found] of cases) t.strictSame(broken(checkVariables({ ...GOOD, ...change })), found, what)
})
