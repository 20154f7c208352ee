/** All findings, from everything that was gathered. Pure. */
import type { Made } from '../../schemas/connection.ts'
import type { Config } from '../../schemas/env.ts'
import { fieldsOf } from '../json.ts'
import { responseSettings } from '../prompt/call-start-response.ts'
import { BRIDGE_VARIABLES, unknownPlaceholders, type Soul } from '../prompt/soul.ts'
import { webhookSecrets } from '../webhook/guard.ts'
import { checkAgent } from './agent-check.ts'
import { checkBridge, type BridgeFacts } from './bridge-check.ts'
import { demandsOf } from './demands.ts'
import { findingsOf, type Finding } from './finding.ts'
import type { GatheredAgent, GatheredWorkspace } from './gather-workspace.ts'
import { checkHost, type HostFacts } from './host-check.ts'
import { checkAgentModel, checkEmbeddingsModel, checkLearningModel, type PingResult } from './model-check.ts'
import { checkPostCall } from './post-call-check.ts'
import { checkPublicAddress, type PublicFacts } from './public-check.ts'
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
  learningModel: PingResult | null
  /** Null without EMBEDDINGS_MODEL. */
  embeddingsModel: PingResult | null
  /** By id of the agent that has a custom LLM. */
  agentModels: Readonly<Record<string, PingResult>>
  now: Date
}

export function diagnose (facts: Facts): Finding[] {
  const { config, soul, host, bridge, publicAddress, workspace, learningModel } = facts
  const status = bridge.status === null || 'refused' in bridge.status ? null : bridge.status
  return [
    ...checkSettings(config),
    ...('fault' in soul
      ? [findingsOf('soul').failure(soul.fault, 'Correct the file that SOUL_TEMPLATE_PATH names.')]
      : []),
    ...checkHost(host),
    ...checkBridge(bridge),
    ...checkPublicAddress(publicAddress),
    ...checkLearningModel({
      isOn: config.LEARN_FROM_TRANSCRIPT,
      model: config.OPENCLAW_MODEL,
      timeoutMs: config.LEARN_TIMEOUT_MS,
      ping: learningModel
    }),
    ...checkEmbeddingsModel({ model: config.EMBEDDINGS_MODEL ?? '', ping: facts.embeddingsModel }),
    ...checkWorkspace({ agentIds: config.ELEVENLABS_AGENT_ID, agents: workspace.agents }),
    ...workspace.faults.map((fault) =>
      findingsOf('workspace').warning(fault, 'What it would have said is left out here.')),
    ...workspace.details.flatMap((agent) => diagnoseAgent(agent, facts)),
    ...('fault' in workspace.agents ? [] : checkCalls({ calls: workspace.calls, status }))
  ]
}

function diagnoseAgent (agent: GatheredAgent, facts: Facts): Finding[] {
  const { config, soul, made, workspace, agentModels, now } = facts
  const { id, name, config: agentConfig, tools } = agent
  const { numbers, webhooks } = workspace
  const settings = workspace.settings ?? {}
  const publicUrl = config.PUBLIC_BASE_URL
  return [
    ...checkAgent({
      ...agent,
      settings,
      numbers: (numbers ?? []).filter(({ agentId }) => agentId === id).map(({ number }) => number),
      overrides: responseSettings(config).overrides,
      publicUrl,
      headerSecrets: webhookSecrets(config).header,
      made
    }),
    // Without them nothing could be said.
    ...(webhooks === null || workspace.settings === null
      ? []
      : checkPostCall({
        agent: name,
        config: agentConfig,
        settings,
        webhooks,
        publicUrl,
        secrets: config.WEBHOOK_SECRET,
        made,
        now
      })),
    ...('fault' in soul ? [] : checkVariables(variablesOf(agent, soul, config.OVERRIDES))),
    ...checkTools({ agent: name, tools, unknownIds: agent.unknownTools, executions: agent.executions, publicUrl }),
    ...checkAgentModel({ agent: name, config: agentConfig, reached: agentModels[id] ?? null })
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
