/** The script of a simulated call: what is said, and which tools the agent calls. */
import { parse, YAMLParseError } from 'yaml'
import { fieldsOf, isFields, textOf, type Fields } from '../json.ts'
import { DEMO_REPORT, type Report, type SpokenTurn, type ToolTurn } from './elevenlabs.ts'

export type ToolCall = Pick<ToolTurn, 'tool' | 'body'>

export interface Script extends Pick<Report, 'summary' | 'collected'> {
  turns: Array<SpokenTurn | ToolCall>
}

export const DEFAULT_SCRIPT: Script = {
  turns: DEMO_REPORT.turns.filter((turn) => !('tool' in turn)),
  summary: DEMO_REPORT.summary,
  collected: {}
}

const MAX_CHARS = 5000

/** A list of turns, or an object with `turns`, `summary` and `collected`. YAML, or JSON. Says what is wrong with it. */
export function readScript (text: string): Script | { problem: string } {
  let value: unknown
  try {
    value = parse(text)
  } catch (error) {
    if (error instanceof YAMLParseError) return { problem: `it is not YAML: ${error.message.split('\n')[0]}` }
    throw error
  }
  const script: Fields = Array.isArray(value) ? { turns: value } : isFields(value) ? value : {}
  if (!Array.isArray(script['turns'])) return { problem: 'it has no list of turns' }
  const turns = script['turns'].map(readTurn)
  const wrong = turns.findIndex((turn) => turn === null)
  if (wrong !== -1) {
    return { problem: `turn ${wrong + 1} is not "agent: …", "caller: …", or "tool: …" with a "body"` }
  }
  return {
    turns: turns.filter((turn) => turn !== null),
    summary: textOf(script, 'summary', MAX_CHARS) ?? 'A simulated call.',
    collected: Object.fromEntries(Object.entries(fieldsOf(script, 'collected')).map(([id, each]) => [id, String(each)]))
  }
}

function readTurn (turn: unknown): SpokenTurn | ToolCall | null {
  if (!isFields(turn)) return null
  const tool = textOf(turn, 'tool')
  if (tool !== null) return { tool, body: fieldsOf(turn, 'body') }
  for (const [key, role] of [['agent', 'agent'], ['caller', 'user']] as const) {
    const message = textOf(turn, key, MAX_CHARS)
    if (message !== null) return { role, message }
  }
  return null
}
