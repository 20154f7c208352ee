/** An agent's settings at ElevenLabs, against what the bridge needs. Pure. */
import type { Made } from '../../schemas/connection.ts'
import { valueAt } from '../connect/changes.ts'
import { FETCH_SWITCH, OVERRIDES } from '../connect/wants.ts'
import type { AgentState } from '../connect/workspace.ts'
import { fieldsOf, isFields, textOf, type Fields } from '../json.ts'
import type { Override } from '../prompt/call-start-response.ts'
import { fingerprint } from '../secrets.ts'
import { addressFault, CONNECT, findingsOf, type Finding } from './finding.ts'

export interface AgentFacts extends AgentState {
  /** Of the workspace. */
  settings: Fields
  /** Numbers that are assigned to it. */
  numbers: readonly string[]
  overrides: readonly Override[]
  /** PUBLIC_BASE_URL without a slash at the end. */
  publicUrl: string
  /** What the header may be. */
  headerSecrets: readonly string[]
  /** What `connect` made at ElevenLabs; empty if it is not known. */
  made: readonly Made[]
}

export function checkAgent (facts: AgentFacts): Finding[] {
  return [
    ...checkBranches(facts), checkNumbers(facts), checkFetch(facts), ...checkCallStartWebhook(facts),
    ...checkOverrides(facts), ...checkGreeting(facts)
  ]
}

function checkBranches ({ name, branch, otherTraffic }: AgentFacts): Finding[] {
  const { warning } = findingsOf('agent')
  return otherTraffic.map((other) => warning(
    `${name} has ${other.livePercentage} % of its traffic on the branch ${other.name}, which was not looked at ` +
    `(${branch?.name} was).`, 'Connect all branches that have traffic, or give all of it to one.'))
}

function checkNumbers ({ name, numbers }: AgentFacts): Finding {
  const { ok, warning } = findingsOf('number')
  return numbers.length > 0
    ? ok(`${name} answers ${numbers.join(', ')}.`)
    : warning(`No number of the workspace is assigned to ${name}.`, 'Assign one, unless calls come in another way.')
}

function checkFetch ({ name, config }: AgentFacts): Finding {
  const { ok, failure } = findingsOf('fetch at call start')
  return valueAt(config, FETCH_SWITCH.path) === true
    ? ok(`${name} asks the bridge who is calling.`)
    : failure(`${name} never asks the bridge: "Fetch conversation initiation data" is off.`, CONNECT)
}

function checkCallStartWebhook (facts: AgentFacts): Finding[] {
  const { name, config, settings, publicUrl, headerSecrets, made } = facts
  const { ok, warning, failure } = findingsOf('call start webhook')
  const key = 'conversation_initiation_client_data_webhook'
  const own = fieldsOf(fieldsOf(config, 'platform_settings'), 'workspace_overrides')[key]
  const webhook = isFields(own) ? own : settings[key]
  if (!isFields(webhook)) return [failure(`Neither ${name} nor the workspace has one.`, CONNECT)]
  const expected = `${publicUrl}/webhook/personalize`
  const fault = addressFault(webhook['url'], expected)
  if (fault !== null) return [failure(`Its address ${fault}.`, `${CONNECT} Or correct PUBLIC_BASE_URL.`)]
  const header = headerOf(fieldsOf(webhook, 'request_headers'))
  if (header === undefined) return [failure('It sends no header X-Webhook-Secret: it is refused.', CONNECT)]
  if (typeof header !== 'string') {
    const stored = made.find(({ id }) => isFields(header) && id === header['secret_id'])
    if (stored === undefined) return [ok('Its address is right, and it has a secret, which nobody can read.')]
    return headerSecrets.some((secret) => fingerprint(secret) === stored.fingerprint)
      ? [ok('Its address and its secret are right.')]
      : [failure('Its secret is an earlier one of the bridge: it is refused.', CONNECT)]
  }
  if (!headerSecrets.includes(header.replace(/^Bearer +/i, '').trim())) {
    return [failure('Its secret is not that of the bridge: it is refused.', CONNECT)]
  }
  return [warning('Its secret is right, but everybody in the workspace can read it.',
    `${CONNECT} It stores the secret.`)]
}

function checkOverrides ({ name, config, overrides }: AgentFacts): Finding[] {
  const { ok, failure } = findingsOf('overrides')
  const known = overrides.map((override) => OVERRIDES[override])
  const allowed = ['platform_settings', 'overrides', 'conversation_config_override']
  const off = known.filter(({ path }) => valueAt(config, [...allowed, ...path]) !== true)
  if (off.length > 0) {
    return off.map(({ label }) => failure(`${name} does not allow the ${label}: calls can fail.`,
      `${CONNECT} Or take it out of OVERRIDES.`))
  }
  return [ok(known.length === 0
    ? 'The bridge overrides nothing.'
    : `${name} allows the ${known.map(({ label }) => label).join(' and the ')}.`)]
}

function checkGreeting ({ name, config, overrides }: AgentFacts): Finding[] {
  const agent = fieldsOf(fieldsOf(config, 'conversation_config'), 'agent')
  if (overrides.includes('first_message') || textOf(agent, 'first_message') !== null) return []
  const { warning } = findingsOf('first message')
  return [warning(`${name} has no first message: it says nothing until the caller speaks.`,
    'Give it one, or put first_message into OVERRIDES.')]
}

/** Of a name in any case. */
function headerOf (headers: Fields): unknown {
  const entry = Object.entries(headers)
    .find(([name]) => ['x-webhook-secret', 'authorization'].includes(name.toLowerCase()))
  return entry?.[1] ?? undefined
}
