/** ElevenLabs itself: can it be asked, does it have our agents, and what calls does it know of? Pure. */
import type { Status } from '../../schemas/status.ts'
import type { ListedConversation } from '../elevenlabs/conversations.ts'
import type { Named } from '../elevenlabs/management.ts'
import { findingsOf, type Finding } from './finding.ts'

const SHOWN_AGENTS = 5

/** @param agents - of the workspace; or why ElevenLabs does not say */
export function checkWorkspace (agentIds: readonly string[], agents: readonly Named[] | { fault: string }): Finding[] {
  const { ok, failure } = findingsOf('workspace')
  if ('fault' in agents) return [failure(agents.fault, 'Nothing at ElevenLabs could be looked at: see to this first.')]
  const missing = agentIds.filter((id) => !agents.some((agent) => agent.id === id))
  if (missing.length > 0) {
    const list = agents.slice(0, SHOWN_AGENTS).map(({ id, name }) => `${name} (${id})`).join(', ')
    return missing.map((id) => failure(
      `The workspace of ELEVENLABS_API_KEY has no agent ${id}. It has ${list === '' ? 'no agents' : list}.`,
      'Check ELEVENLABS_AGENT_ID, and that the key is of the same workspace.'))
  }
  return [ok(`It has ${agentIds.length === 1 ? 'the agent' : `all ${agentIds.length} agents`}.`)]
}

export type KnownCall = Pick<ListedConversation, 'startedAtSeconds' | 'status' | 'direction'>

/**
 * Compares ElevenLabs' calls with what the bridge has seen.
 *
 * @param calls - of our agents, in the last day; null if ElevenLabs does not say
 * @param status - null if the bridge does not say
 */
export function checkCalls (
  calls: readonly KnownCall[] | null, status: Pick<Status, 'started_at' | 'calls'> | null
): Finding[] {
  const { ok, warning, failure, skipped } = findingsOf('calls')
  if (calls === null) return [skipped('ElevenLabs does not say which calls there were.')]
  const inbound = calls.filter(({ direction }) => direction === 'inbound')
  const since = status === null ? Infinity : Date.parse(status.started_at) / 1000
  const unasked = inbound.filter(({ startedAtSeconds }) => (startedAtSeconds ?? 0) > since)
  const seen = status === null ? 0 : seenBy(status.calls)
  const failed = calls.filter(({ status }) => status === 'failed')
  return [
    unasked.length > 0 && seen === 0
      ? failure(
        `Phone calls at ElevenLabs since the bridge was started: ${unasked.length}. It asked the bridge for none.`,
        'See the findings on the fetch at call start and on the call start webhook.')
      : ok(`Phone calls at ElevenLabs in the last day: ${inbound.length}.`),
    ...(failed.length === 0
      ? []
      : [warning(`Of its ${calls.length} conversations, ${failed.length} failed.`,
          'Look at them in its call history; often a variable is missing.')])
  ]
}

function seenBy ({ starts, foreign_starts: foreign, refused }: Status['calls']): number {
  return starts + foreign + refused.personalize.requests
}
