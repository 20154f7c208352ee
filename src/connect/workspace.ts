/** Reads everything at ElevenLabs that `connect`, `disconnect` and `doctor` look at. */
import { ElevenLabsRefused } from '../errors.ts'
import type { ElevenLabs } from '../elevenlabs/management.ts'
import { textOf } from '../json.ts'

export type AgentState = Awaited<ReturnType<typeof readAgent>>
export type WorkspaceState = Awaited<ReturnType<typeof readWorkspace>>

/** @throws {ElevenLabsRefused} the workspace of the key does not have one of the agents */
export async function readWorkspace (api: ElevenLabs, agentIds: readonly string[]) {
  const [settings, webhooks, secrets, tools, numbers, agents] = await Promise.all([
    api.settings(), api.webhooks(), api.secrets(), api.tools(), api.phoneNumbers(),
    Promise.all(agentIds.map((id) => readAgent(api, id)))
  ])
  return { settings, webhooks, secrets, tools, numbers, agents }
}

export async function readAgent (api: ElevenLabs, id: string) {
  const branches = await api.branches(id)
  /** The branch that has most of the traffic; null if the agent has no branches. */
  const branch = branches.toSorted((a, b) => b.livePercentage - a.livePercentage)[0] ?? null
  /** Of that branch. */
  const config = await api.agent(id, branch?.id ?? null)
  if (config === null) throw await unknownAgent(api, id)
  /** Other branches that have traffic. */
  const otherTraffic = branches.filter((each) => each !== branch && each.livePercentage > 0)
  return { id, name: textOf(config, 'name') ?? id, branch, otherTraffic, config }
}

async function unknownAgent (api: ElevenLabs, id: string): Promise<Error> {
  const agents = await api.agents()
  const list = agents.slice(0, 10).map((agent) => `${agent.name} (${agent.id})`).join(', ')
  return new ElevenLabsRefused(
    `The workspace of ELEVENLABS_API_KEY has no agent ${id}: check ELEVENLABS_AGENT_ID, and that the key is of the ` +
    `same workspace. It has ${list === '' ? 'no agents' : list}`)
}
