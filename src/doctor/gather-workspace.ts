/** Gathers facts from ElevenLabs, for `doctor`. Reads only. */
import { readAgent } from '../connect/workspace.ts'
import { BRIEF, type ElevenLabsContext } from '../elevenlabs/ask.ts'
import { listConversations } from '../elevenlabs/conversations.ts'
import { createElevenLabs } from '../elevenlabs/management.ts'
import { ElevenLabsRefused, ElevenLabsUnavailable } from '../errors.ts'
import { DAY_SECS } from '../time.ts'
import { idsIn } from './demands.ts'
import { isOurs } from './tools-check.ts'

export type GatheredWorkspace = Awaited<ReturnType<typeof gatherWorkspace>>
export type GatheredAgent = GatheredWorkspace['details'][number]

/** Where a configuration names tools and MCP servers: in the prompt, in nodes of the workflow. */
const TOOL_KEYS = ['tool_ids', 'additional_tool_ids', 'tool_id']
const SERVER_KEYS = ['mcp_server_ids', 'native_mcp_server_ids', 'mcp_server_id']

const MAX_CALLS = 100

/** What could not be read is null, or is missing in `details`; then `faults` says why. */
export async function gatherWorkspace (
  ctx: ElevenLabsContext, agentIds: readonly string[], now: Date, signal: AbortSignal
) {
  const api = createElevenLabs(ctx, signal)
  const since = Math.floor(now.getTime() / 1000) - DAY_SECS
  const faults: string[] = []
  const agents = await orFault(api.agents())
  if ('fault' in agents) {
    return { agents, faults, details: [], settings: null, webhooks: null, numbers: null, calls: null }
  }
  const known = agentIds.filter((id) => agents.some((agent) => agent.id === id))
  const [settings, webhooks, numbers, calls, details] = await Promise.all([
    part(api.settings()), part(api.webhooks()), part(api.phoneNumbers()),
    part(Promise.all(known.map((agent) => callsOf(agent))).then((lists) => lists.flat())),
    Promise.all(known.map((id) => part(gatherAgent(id))))
  ])
  return { agents, faults, details: details.filter((each) => each !== null), settings, webhooks, numbers, calls }

  async function part<T extends object> (pending: Promise<T>): Promise<T | null> {
    const value = await orFault(pending)
    if (!('fault' in value)) return value
    faults.push(value.fault)
    return null
  }

  async function gatherAgent (id: string) {
    const agent = await readAgent(api, id)
    const { branch, config: { conversation_config: conversation, workflow } } = agent
    const toolIds = idsIn([conversation, workflow], TOOL_KEYS)
    const found = await Promise.all(toolIds.map((toolId) => api.tool(toolId)))
    const tools = found.filter((tool) => tool !== null)
    const executions = await Promise.all(tools.filter(isOurs)
      .map(async (tool) => [tool.id, await api.toolExecutions(tool.id, since)] as const))
    const servers = await part(Promise.all(idsIn([conversation, workflow], SERVER_KEYS).map(api.mcpServer)))
    return {
      ...agent,
      procedures: branch === null ? [] : await part(api.procedures(id, branch.id)) ?? [],
      tools,
      unknownTools: toolIds.filter((_, at) => found[at] === null),
      executions: Object.fromEntries(executions),
      /** Their configurations. */
      mcpServers: (servers ?? []).filter((server) => server !== null)
    }
  }

  async function callsOf (agent: string) {
    const position = { agent, since, cursor: null }
    return (await listConversations(ctx, position, MAX_CALLS, { patience: BRIEF, signal })).conversations
  }
}

async function orFault<T extends object> (pending: Promise<T>): Promise<T | { fault: string }> {
  try {
    return await pending
  } catch (error) {
    if (!(error instanceof ElevenLabsRefused || error instanceof ElevenLabsUnavailable)) throw error
    return { fault: error.message }
  }
}
