/** Reads everything at ElevenLabs that `connect`, `disconnect` and `doctor` look at. */
import { ElevenLabsRefused } from '../errors.ts'
import type { Branch, ElevenLabs } from '../elevenlabs/management.ts'
import { textOf } from '../json.ts'
import type { AgentState, WorkspaceState } from './plan.ts'

/** @throws {ElevenLabsRefused} the workspace of the key does not have one of the agents */
export async function readWorkspace (api: ElevenLabs, agentIds: readonly string[]): Promise<WorkspaceState> {
  const [settings, webhooks, secrets, tools, numbers, agents] = await Promise.all([
    api.settings(), api.webhooks(), api.secrets(), api.tools(), api.phoneNumbers(),
    Promise.all(agentIds.map((id) => readAgent(api, id)))
  ])
  return { settings, webhooks, secrets, tools, numbers, agents }
}

/** With the configuration of the branch that has most of the traffic. */
export async function readAgent (api: ElevenLabs, id: string): Promise<AgentState> {
  const branches = await api.branches(id)
  const branch = busiest(branches)
  const config = await api.agent(id, branch?.id ?? null)
  if (config === null) throw await unknownAgent(api, id)
  const otherTraffic = branches.filter((each) => each !== branch && each.livePercentage > 0)
  return { id, name: textOf(config, 'name') ?? id, branch, otherTraffic, config }
}

/** Null if there are none. */
function busiest (branches: Branch[]): Branch | null {
  return branches.toSorted((a, b) => b.livePercentage - a.livePercentage)[0] ?? null
}

async function unknownAgent (api: ElevenLabs, id: string): Promise<Error> {
  const agents = await api.agents()
  const list = agents.slice(0, 10).map((agent) => `${agent.name} (${agent.id})`).join(', ')
  return new ElevenLabsRefused(
    `The workspace of ELEVENLABS_API_KEY has no agent ${id}: check ELEVENLABS_AGENT_ID, and that the key is of the ` +
    `same workspace. It has ${list === '' ? 'no agents' : list}`)
}
