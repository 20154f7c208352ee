/** What `connect` has to do, worked out from what was read a moment before. Pure. */
import type { Connection } from '../../schemas/connection.ts'
import type { Webhook } from '../elevenlabs/management.ts'
import { isFields, textOf, type Fields } from '../json.ts'
import { fingerprint } from '../secrets.ts'
import { TOOLS, toolRequest, type ToolRequest } from '../tools/definitions.ts'
import { changeTo, covers, valueAt, type Change, type Want } from './changes.ts'
import { agentWants, FETCH_SWITCH, shown, webhookWants, type Ids, type Wanted } from './wants.ts'
import type { AgentState, WorkspaceState } from './workspace.ts'

/** An agent, and what has to change in it. */
export interface AgentStep {
  agent: AgentState
  changes: Change[]
}

export interface PlanLine {
  where: string
  what: string
  from: string
  to: string
}

export type Plan = ReturnType<typeof planConnection>

const NEW = 'the new one'

/** Of everything that is made or changed, an id that is null makes a new one. */
export function planConnection (workspace: WorkspaceState, wanted: Wanted, kept: Connection) {
  const name = (what: string) => `memory-bridge ${what} ${kept.bridge_id.slice(0, 8)}`
  const lines: PlanLine[] = []
  const warnings: string[] = []

  const header = secretStep('header', name('header'), wanted.headerSecret)
  const llmKey = wanted.customLlm?.apiKey ?? null
  const llm = llmKey === null ? { id: null, step: null } : secretStep('llm', name('llm'), llmKey)
  const secrets = [header.step, llm.step].filter((step) => step !== null)

  const postCallUrl = `${wanted.publicUrl}/webhook/post-call`
  const webhook = usableWebhook()
  const newWebhook = webhook === null ? { name: name('call end'), url: postCallUrl } : null
  if (newWebhook !== null) add('workspace', 'call end webhook', 'none', `made for ${postCallUrl}`)
  const enable = webhook === null || !(webhook.isDisabled || webhook.isAutoDisabled || !webhook.isReady)
    ? null
    : { id: webhook.id, name: webhook.name }
  if (enable !== null) {
    add('workspace', 'call end webhook', webhook?.isReady === true ? 'switched off' : 'no retries', 'on, with retries')
  }

  const tools = (wanted.hasTools ? TOOLS : [])
    .map((definition) => toolStep(toolRequest(definition, wanted.publicUrl)))
  const ids: Ids = {
    headerSecret: header.id ?? NEW,
    llmSecret: llm.id ?? NEW,
    webhook: webhook?.id ?? NEW,
    tools: tools.map(({ id, request }) => id ?? `${NEW}, ${request.tool_config.name}`)
  }

  const settings = wanted.isForWorkspace
    ? changesOf(workspace.settings, webhookWants(workspace.settings, wanted, ids), 'workspace')
    : []
  const agents = workspace.agents.map((agent) => {
    warnAbout(agent)
    return { agent, changes: changesOf(agent.config, agentWants(agent.config, wanted, ids), placeOf(agent)) }
  })
  const number = numberStep()
  const switches = workspace.agents.map((agent) =>
    ({ agent, changes: changesOf(agent.config, [FETCH_SWITCH], placeOf(agent)) }))
  const isMade = ({ id, name: each }: Webhook) => each === name('call end') || kept.made.some((made) => made.id === id)
  const oldWebhooks = workspace.webhooks.filter((each) =>
    each.id !== webhook?.id && isMade(each) && (isSelectedByUs(each.id) || (each.usages ?? []).length === 0))
  for (const { id } of oldWebhooks) add('workspace', 'former call end webhook', id, 'deleted')

  return {
    /** New ones are harmless: nothing at ElevenLabs uses them yet. */
    secrets,
    /** Null when there is one whose secret the bridge has. */
    newWebhook,
    /** A webhook of ours that is switched off, or has no retries yet. */
    enable,
    /** From here on, calls are affected. */
    tools: tools.filter(({ isRight }) => !isRight),
    settings,
    agents: agents.filter(({ changes }) => changes.length > 0),
    number,
    /** Last. */
    switches: switches.filter(({ changes }) => changes.length > 0),
    /** Webhooks that connect made before, for another address or with a secret that is lost. */
    oldWebhooks,
    /** A line for each setting that changes, in order. */
    lines,
    /** What the operator should know first. */
    warnings
  }

  function add (where: string, what: string, from: string, to: string): void {
    lines.push({ where, what, from, to })
  }

  function changesOf (config: Fields, wants: Want[], where: string): Change[] {
    return wants.flatMap((want) => {
      const change = changeTo(config, want)
      if (change === null) return []
      const from = change.is_item ? 'not attached' : shown(change.before)
      add(where, want.label, from, shown(change.after) + (change.is_item ? ' attached' : ''))
      return [change]
    })
  }

  function secretStep (purpose: 'header' | 'llm', secretName: string, value: string) {
    const made = kept.made.find(({ kind, name: each }) => kind === 'secret' && each === secretName)
    const found = workspace.secrets.find(({ id, name: each }) => id === made?.id || each === secretName)
    const id = found?.id ?? null
    if (id !== null && id === made?.id && made.fingerprint === fingerprint(value)) return { id, step: null }
    const user = purpose === 'header' ? 'call start webhook' : 'custom LLM'
    add('workspace', `stored secret of the ${user}`, id === null ? 'none' : 'another one', 'stored')
    return { id, step: { purpose, id, name: secretName, value } }
  }

  /** One that connect made for this address, and whose secret the bridge has. */
  function usableWebhook (): Webhook & { isReady: boolean } | null {
    const secretsHere = wanted.webhookSecrets.map(fingerprint)
    for (const { kind, id, fingerprint: print, is_ready: isReady } of kept.made.toReversed()) {
      const found = workspace.webhooks.find((each) => each.id === id)
      const isOurs = kind === 'webhook' && print !== null && secretsHere.includes(print)
      if (isOurs && found?.url === postCallUrl) return { ...found, isReady }
    }
    return null
  }

  function toolStep (request: ToolRequest) {
    const config = request.tool_config
    const made = kept.made.find(({ kind, name: each }) => kind === 'tool' && each === config.name)
    const own = workspace.tools.find(({ id }) => id === made?.id)
    const same = own ?? workspace.tools.find((tool) => covers(tool.config, config))
    const isRight = same !== undefined && covers(same.config, config)
    if (!isRight) {
      add('workspace', `tool ${config.name}`, same === undefined ? 'none' : 'another form', config.api_schema.url)
    }
    return { id: same?.id ?? null, request, isRight }
  }

  /** Then it is not in use any more when it is deleted. */
  function isSelectedByUs (id: string): boolean {
    const selected = ['webhooks', 'post_call_webhook_id']
    return wanted.isForWorkspace
      ? valueAt(workspace.settings, selected) === id
      : workspace.agents.some(({ config }) =>
        valueAt(config, ['platform_settings', 'workspace_overrides', ...selected]) === id)
  }

  function numberStep () {
    const agentId = workspace.agents[0]?.id
    if (wanted.phoneNumber === null || agentId === undefined) return null
    const { number } = wanted.phoneNumber
    const found = workspace.numbers.find((each) => each.number === number)
    if (found !== undefined && wanted.agentIds.includes(found.agentId ?? '')) return null
    add(`number ${number}`, 'agent', found === undefined ? 'not imported' : found.agentId ?? 'none', agentId)
    const before = found?.agentId ?? null
    return { id: found?.id ?? null, number, agentId, before }
  }

  function warnAbout ({ id, name: agentName, branch, otherTraffic, config }: AgentState): void {
    for (const other of otherTraffic) {
      const share = `${other.livePercentage} % of the calls`
      warnings.push(`${agentName}: ${share} go to branch ${other.name}, which stays as it is`)
    }
    if (branch?.isProtected === true) {
      warnings.push(`${agentName}: branch ${branch.name} is protected: only an administrator can change it`)
    }
    for (const { number, agentId, branchId } of workspace.numbers) {
      if (agentId === id && branchId !== null && branchId !== branch?.id) {
        warnings.push(`${agentName}: calls to ${number} go to another branch (${branchId}), which stays as it is`)
      }
    }
    const overrides = ['platform_settings', 'workspace_overrides']
    const own = valueAt(config, [...overrides, 'conversation_initiation_client_data_webhook'])
    const ownUrl = isFields(own) ? textOf(own, 'url', 2000) : null
    const postCall = valueAt(config, [...overrides, 'webhooks', 'post_call_webhook_id'])
    if (wanted.isForWorkspace && (ownUrl !== null || typeof postCall === 'string')) {
      warnings.push(`${agentName} has webhooks of its own, which win over the workspace's: leave --workspace out`)
    }
    if (ownUrl !== null && !wanted.isForWorkspace && !ownUrl.startsWith(`${wanted.publicUrl}/`)) {
      warnings.push(`${agentName}: another call start webhook is set (${shown(own)}), and is replaced`)
    }
    const shared = valueAt(workspace.settings, ['webhooks', 'post_call_webhook_id'])
    const before = typeof postCall === 'string' ? postCall : shared
    if (typeof before === 'string' && before !== ids.webhook && !kept.made.some((made) => made.id === before)) {
      const other = workspace.webhooks.find((each) => each.id === before)
      warnings.push(`${agentName}: call ends go to ${other === undefined ? before : shown({ url: other.url })} now, ` +
        'and no longer do: ElevenLabs sends them to one webhook only')
    }
  }
}

/** How a plan, or a message, names an agent. */
export function placeOf ({ name, id, branch }: Pick<AgentState, 'name' | 'id' | 'branch'>): string {
  return `agent ${name} (${id})` + (branch === null ? '' : `, branch ${branch.name}`)
}
