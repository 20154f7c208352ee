/** All findings, from everything that was gathered. Pure. */
import type { Made } from '../../schemas/connection.ts'
import type { Config } from '../../schemas/env.ts'
import { withoutTrailingSlashes } from '../http-client.ts'
import { fieldsOf } from '../json.ts'
import { overridesOf } from '../prompt/call-start-response.ts'
import { BRIDGE_VARIABLES, unknownPlaceholders, type Soul } from '../prompt/soul.ts'
import { webhookSecrets } from '../webhook/guard.ts'
import { checkAgent } from './agent-check.ts'
import { checkBridge, type BridgeFacts } from './bridge-check.ts'
import { demandsOf } from './demands.ts'
import { findingsOf, type Finding } from './finding.ts'
import type { HostFacts } from './gather-host.ts'
import type { PublicFacts } from './gather-network.ts'
import type { GatheredAgent, GatheredWorkspace } from './gather-workspace.ts'
import { checkHost } from './host-check.ts'
import { checkAgentModel, checkEmbeddingsModel, checkLearningModel, type PingResult } from './model-check.ts'
import { checkPostCall } from './post-call-check.ts'
import { checkPublicAddress } from './public-check.ts'
import { checkSettings } from './settings-check.ts'
import { checkTools } from './tools-check.ts'
import { checkVariables } from './variables-check.ts'
import { checkCalls, checkWorkspace } from './workspace-check.ts'

export interface Facts {
  config: Config
  /** Or what is wrong with its file. */
  soul: Soul | { fault: string }
  host: HostFacts
  bridge: BridgeFacts
  /** What `connect` made at ElevenLabs; empty if it is not known. */
  made: readonly Made[]
  publicAddress: PublicFacts
  workspace: GatheredWorkspace
  /** Null while LEARN_FROM_TRANSCRIPT is off. */
  learningModel: PingResult | null
  /** Null without EMBEDDINGS_MODEL. */
  embeddingsModel: PingResult | null
  /** By id of the agent that has a custom LLM. */
  agentModels: Readonly<Record<string, PingResult>>
  now: Date
}

export function diagnose (facts: Facts): Finding[] {
  const { config, soul, host, bridge, publicAddress, workspace, learningModel, embeddingsModel } = facts
  const status = bridge.status === null || 'refused' in bridge.status ? null : bridge.status
  return [
    ...checkSettings(config),
    ...('fault' in soul
      ? [findingsOf('soul').failure(soul.fault, 'Correct the file that SOUL_TEMPLATE_PATH names.')]
      : []),
    ...checkHost(host),
    ...checkBridge(bridge),
    ...checkPublicAddress(publicAddress),
    ...checkLearningModel(config, learningModel),
    ...checkEmbeddingsModel(config, embeddingsModel),
    ...checkWorkspace(config.ELEVENLABS_AGENT_ID, workspace.agents),
    ...workspace.faults.map((fault) =>
      findingsOf('workspace').warning(fault, 'What it would have said is left out here.')),
    ...workspace.details.flatMap((agent) => diagnoseAgent(agent, facts)),
    ...('fault' in workspace.agents ? [] : checkCalls(workspace.calls, status))
  ]
}

function diagnoseAgent (agent: GatheredAgent, facts: Facts): Finding[] {
  const { config, soul, made, workspace: { settings, webhooks, numbers }, agentModels, now } = facts
  const publicUrl = withoutTrailingSlashes(config.PUBLIC_BASE_URL)
  const known = { ...agent, settings: settings ?? {}, publicUrl, made }
  return [
    ...checkAgent({
      ...known,
      numbers: (numbers ?? []).filter(({ agentId }) => agentId === agent.id).map(({ number }) => number),
      overrides: overridesOf(config),
      headerSecrets: webhookSecrets(config).header
    }),
    // Without them nothing could be said.
    ...(webhooks === null || settings === null
      ? []
      : checkPostCall({ ...known, webhooks, secrets: config.WEBHOOK_SECRET, now })),
    ...('fault' in soul ? [] : checkVariables(variablesOf(agent, soul, config.OVERRIDES))),
    ...checkTools(agent, publicUrl),
    ...checkAgentModel(agent.name, agent.config, agentModels[agent.id] ?? null)
  ]
}

function variablesOf (agent: GatheredAgent, soul: Soul, overrides: readonly string[]) {
  const conversation = fieldsOf(agent.config, 'conversation_config')
  const variables = fieldsOf(fieldsOf(conversation, 'agent'), 'dynamic_variables')
  return {
    agent: agent.name,
    sent: [...BRIDGE_VARIABLES, ...Object.keys(soul.variables)],
    demands: [
      ...demandsOf(conversation, 'conversation_config'),
      ...demandsOf(fieldsOf(agent.config, 'workflow'), 'workflow'),
      ...agent.procedures.flatMap((procedure) => demandsOf(procedure, 'a procedure')),
      ...agent.tools.flatMap(({ config }) => demandsOf(config, `tool ${String(config['name'])}`)),
      ...agent.mcpServers.flatMap((server) => demandsOf(server, `MCP server ${String(server['name'])}`))
    ],
    soulUnknown: unknownPlaceholders(soul),
    placeholders: Object.keys(fieldsOf(variables, 'dynamic_variable_placeholders')),
    replacesPrompt: overrides.includes('prompt'),
    replacesFirstMessage: overrides.includes('first_message') && soul.firstMessage !== null
  }
}
