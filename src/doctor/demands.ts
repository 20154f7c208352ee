/** Every place where an agent's configuration demands a variable. Pure. */
import { isFields } from '../json.ts'
import { placeholders } from '../prompt/soul.ts'

export interface Demand {
  variable: string
  /** Such as `conversation_config.agent.first_message`. */
  where: string
}

/** Keys whose value is the name of a variable. */
const NAMES_A_VARIABLE = ['dynamic_variable', 'variable_name']

/** What is in there sets variables, or only shows them in the dashboard. */
const DEMANDS_NOTHING = ['assignments', 'dynamic_variable_placeholders']

/**
 * In texts as `{{name}}`, and where a field names one. Variables of ElevenLabs itself are left out.
 *
 * @param where - how to name the value itself
 */
export function demandsOf (value: unknown, where: string): Demand[] {
  if (typeof value === 'string') {
    return placeholders(value).map(({ name }) => name).filter(isOurs).map((variable) => ({ variable, where }))
  }
  if (Array.isArray(value)) return value.flatMap((each: unknown, at) => demandsOf(each, `${where}[${at}]`))
  if (!isFields(value)) return []
  return Object.entries(value).flatMap(([key, each]) => {
    if (DEMANDS_NOTHING.includes(key)) return []
    const isName = NAMES_A_VARIABLE.includes(key) && typeof each === 'string' && each !== ''
    if (isName) return isOurs(each) ? [{ variable: each, where }] : []
    return demandsOf(each, `${where}.${key}`)
  })
}

function isOurs (variable: string): boolean {
  return variable !== '' && !variable.startsWith('system__')
}

/**
 * Ids that a configuration names anywhere, once each.
 *
 * @param keys - of an id, or of a list of ids
 */
export function idsIn (value: unknown, keys: readonly string[]): string[] {
  if (typeof value !== 'object' || value === null) return []
  const found = Object.entries(value).flatMap(([key, each]: [string, unknown]) => keys.includes(key)
    ? [each].flat().filter((id) => typeof id === 'string')
    : idsIn(each, keys))
  return [...new Set(found)]
}
