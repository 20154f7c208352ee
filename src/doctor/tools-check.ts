/** The bridge's tools at ElevenLabs, and how their calls went. Pure. */
import type { Tool, ToolExecution } from '../elevenlabs/management.ts'
import { fieldsOf, isFields, textOf } from '../json.ts'
import { TOKEN_VARIABLE } from '../prompt/soul.ts'
import { TOKEN_HEADER, TOOLS } from '../tools/definitions.ts'
import { addressFault, CONNECT, findingsOf, type Finding } from './finding.ts'

export interface AgentTools {
  /** Of the agent. */
  name: string
  /** That the agent has. */
  tools: readonly Tool[]
  /** Ids that the agent has and the workspace does not. */
  unknownTools: readonly string[]
  /** Of the last day, by id of the tool. */
  executions: Readonly<Record<string, readonly ToolExecution[]>>
}

const { ok, warning, failure, skipped } = findingsOf('tools')

/** ElevenLabs' own lower limit. */
const LEAST_TIMEOUT_SECS = 5

export function isOurs ({ config }: Tool): boolean {
  return TOOLS.some(({ name }) => name === config['name'])
}

/** @param publicUrl - PUBLIC_BASE_URL without a slash at the end */
export function checkTools (
  { name: agent, tools, unknownTools, executions }: AgentTools, publicUrl: string
): Finding[] {
  const ours = tools.filter(isOurs)
  const gone = unknownTools.map((id) =>
    failure(`${agent} has the tool ${id}, which is gone.`, 'Remove it from the agent.'))
  if (ours.length === 0) return [...gone, skipped(`${agent} has none of the bridge's tools.`)]
  const findings = [...gone, ...ours.flatMap(checkTool), ...checkExecutions()]
  const list = ours.map(({ config }) => textOf(config, 'name')).join(', ')
  return findings.length === 0 ? [ok(`${agent} has ${list}, and no call of them failed in the last day.`)] : findings

  function checkTool ({ config }: Tool): Finding[] {
    const name = textOf(config, 'name') ?? ''
    const api = fieldsOf(config, 'api_schema')
    const fault = addressFault(api['url'], `${publicUrl}/tools/${name}`)
    const timeout = config['response_timeout_secs']
    const token = Object.entries(fieldsOf(api, 'request_headers'))
      .find(([header]) => header.toLowerCase() === TOKEN_HEADER.toLowerCase())?.[1]
    return [
      ...(fault === null ? [] : [failure(`The address of ${name} ${fault}.`, CONNECT)]),
      ...(api['method'] === 'POST' ? [] : [failure(`${name} is not sent as POST.`, CONNECT)]),
      ...(isFields(token) && token['variable_name'] === TOKEN_VARIABLE
        ? []
        : [failure(`${name} does not send ${TOKEN_VARIABLE} in ${TOKEN_HEADER}: it is refused.`, CONNECT)]),
      ...(typeof timeout === 'number' && timeout < LEAST_TIMEOUT_SECS
        ? [warning(`${name} may take ${timeout} seconds only.`, CONNECT)]
        : [])
    ]
  }

  function checkExecutions (): Finding[] {
    return ours.flatMap(({ id, config }) => {
      const all = executions[id] ?? []
      const failed = all.filter(({ isError }) => isError)
      if (failed.length === 0) return []
      const types = [...new Set(failed.map(({ errorType }) => errorType ?? 'unknown'))]
      const name = textOf(config, 'name')
      return [warning(
        `Of ${all.length} calls of ${name} in the last day, ${failed.length} failed (${types.join(', ')}).`,
        WHAT_TO_DO[types[0]!] ?? 'Read the log of the bridge and of the proxy at that time.')]
    })
  }
}

const WHAT_TO_DO: Record<string, string> = {
  customer_auth: `Check the header ${TOKEN_HEADER} of the tool, and that CALLER_TOKEN_KEY has not changed.`,
  client_timeout: 'Find out what makes the bridge slow: the storage, the proxy, or the way there.'
}
