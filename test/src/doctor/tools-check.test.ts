import t from 'tap'
import { TOOLS, toolRequest } from '../../../src/tools/definitions.ts'
import { checkTools, type AgentTools } from '../../../src/doctor/tools-check.ts'
import { broken } from './doctor.ts'

const { tool_config: config } = toolRequest(TOOLS[0]!, 'https://bridge.example/')
const api = config.api_schema
const tool = (change: object = {}) => ({ id: 'tool1', config: { ...config, ...change } })
const PUBLIC_URL = 'https://bridge.example'
const GOOD: AgentTools = {
  name: 'Front desk', tools: [tool(), { id: 'other', config: { name: 'book' } }], unknownTools: [], executions: {}
}
const execution = (errorType: string | null) =>
  ({ isError: errorType !== null, errorType })

t.test('what connect makes has nothing to look at', async (t) => {
  t.match(checkTools(GOOD, PUBLIC_URL), [{ level: 'ok', message: 'Front desk has recall, and no call of them failed in the last day.' }])
  t.match(checkTools({ ...GOOD, tools: [] }, PUBLIC_URL), [{ level: 'skipped', message: 'Front desk has none of the bridge\'s tools.' }])
})

t.test('finds', async (t) => {
  const cases: Array<[what: string, change: Partial<AgentTools>, found: string[]]> = [
    ['a tool that is gone', { unknownTools: ['tool9'] }, ['failure tools: Front desk has the tool tool9, which is gone.']],
    ['another address', { tools: [tool({ api_schema: { ...api, url: 'https://old.example/tools/recall' } })] }, ['failure tools: The address of recall is not https://bridge.example/tools/recall.']],
    ['a space behind the address', { tools: [tool({ api_schema: { ...api, url: `${api.url} ` } })] }, ['failure tools: The address of recall has spaces around it.']],
    ['another method', { tools: [tool({ api_schema: { ...api, method: 'GET' } })] }, ['failure tools: recall is not sent as POST.']],
    ['no token', { tools: [tool({ api_schema: { ...api, request_headers: { 'x-caller-token': 'fixed' } } })] }, ['failure tools: recall does not send secret__caller_token in X-Caller-Token: it is refused.']],
    ['too little time', { tools: [tool({ response_timeout_secs: 2 })] }, ['warning tools: recall may take 2 seconds only.']],
    ['failed calls', { executions: { tool1: [execution(null), execution('customer_auth'), execution('customer_auth')] } }, ['warning tools: Of 3 calls of recall in the last day, 2 failed (customer_auth).']]
  ]
  for (const [what, change, found] of cases) {
    t.strictSame(broken(checkTools({ ...GOOD, ...change }, PUBLIC_URL)), found, what)
  }
})

t.test('says what a failed call means', async (t) => {
  const remedy = (errorType: string) =>
    checkTools({ ...GOOD, executions: { tool1: [execution(errorType)] } }, PUBLIC_URL)[0]?.remedy
  t.match(remedy('customer_auth'), /CALLER_TOKEN_KEY/)
  t.match(remedy('client_timeout'), /slow/)
  t.match(remedy('unheard_of'), /log/)
})
