/** Variables that the agent demands, against those that the bridge sends. Pure. */
import type { Demand } from './demands.ts'
import { findingsOf, type Finding } from './finding.ts'

export interface VariablesFacts {
  agent: string
  /** Names of what every call start response has. */
  sent: readonly string[]
  demands: readonly Demand[]
  /** Placeholders that the soul uses and nobody sends. */
  soulUnknown: readonly string[]
  /** Names that have a value in the dashboard, for tests there. */
  placeholders: readonly string[]
  /** Whether the bridge's prompt replaces the agent's. */
  replacesPrompt: boolean
  /** Whether the bridge's first message replaces the agent's. */
  replacesFirstMessage: boolean
}

const PROMPT = 'conversation_config.agent.prompt.prompt'
const FIRST_MESSAGE = 'conversation_config.agent.first_message'

/** A call was seen to be dropped for these; for others it is not known. */
const DROPS_THE_CALL = /(first_message|^tool |api_schema|headers|tools)/

export function checkVariables (facts: VariablesFacts): Finding[] {
  const { agent, sent, demands, soulUnknown, placeholders } = facts
  const { ok, warning, failure } = findingsOf('variables')
  const missing = demands.filter(isMissing)
  const findings = [...new Set(missing.map(({ variable }) => variable))].map((variable) => {
    const places = [...new Set(missing.filter((each) => each.variable === variable).map(({ where }) => where))]
    const isDropped = places.some((place) => DROPS_THE_CALL.test(place))
    const isInDashboard = placeholders.includes(variable)
      ? ' The placeholder in the dashboard only works in tests there.'
      : ''
    const message = `${agent} uses {{${variable}}} in ${places.join(', ')}, and the bridge does not send it` +
      (isDropped ? `: calls are dropped.${isInDashboard}` : `.${isInDashboard}`)
    return (isDropped ? failure : warning)(message, `Add ${variable} with a neutral value under variables in the soul.`)
  })
  if (soulUnknown.length > 0) {
    findings.push(failure(`The soul uses ${soulUnknown.map((name) => `{{${name}}}`).join(', ')}, which nobody sends.`,
      'Add them with neutral values under variables in the soul.'))
  }
  return findings.length === 0 ? [ok(`The bridge sends everything that ${agent} uses.`)] : findings

  function isMissing ({ variable, where }: Demand): boolean {
    if (sent.includes(variable)) return false
    return !(facts.replacesPrompt && where === PROMPT) && !(facts.replacesFirstMessage && where === FIRST_MESSAGE)
  }
}
