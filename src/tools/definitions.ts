/**
 * The tools as ElevenLabs wants them defined: docs/tools.md shows them, Swagger UI has them, `connect` sends them.
 *
 * @see https://elevenlabs.io/docs/api-reference/tools/create
 */
import { withoutTrailingSlashes } from '../http-client.ts'
import { TOKEN_VARIABLE } from '../prompt/soul.ts'

export type ToolName = 'recall' | 'remember' | 'correct' | 'forget'

interface ToolProperty {
  type: 'string' | 'boolean'
  /** Tells the model what to fill in. */
  description: string
}

export interface ToolDefinition {
  name: ToolName
  /** Tells the model when to use the tool. */
  description: string
  properties: Record<string, ToolProperty>
  required: string[]
}

/** The body of `POST /v1/convai/tools`. */
export type ToolRequest = ReturnType<typeof toolRequest>

export const TOKEN_HEADER = 'X-Caller-Token'
export const CONVERSATION_HEADER = 'X-Conversation-Id'

/** ElevenLabs accepts no less than 5; a tool answers within 4. */
const RESPONSE_TIMEOUT_SECS = 8

const what = (verb: string) =>
  `Which fact to ${verb}, as closely as possible in the words in which it is on record, such as "delivery time"`

export const TOOLS: readonly ToolDefinition[] = [
  {
    name: 'recall',
    description: 'Looks up what is on record about this caller: facts, promises, earlier calls. Use it when the ' +
      'caller refers to something from before that you do not know.',
    properties: {
      query: { type: 'string', description: 'What to look up, as a short question or a few words' }
    },
    required: ['query']
  },
  {
    name: 'remember',
    description: 'Keeps one lasting fact about this caller for later calls. Use it when the caller asks you to ' +
      'remember something, or tells you something that will matter next time. Tell the caller what the result says.',
    properties: {
      fact: { type: 'string', description: 'One short sentence about the caller, such as "Prefers deliveries at noon"' }
    },
    required: ['fact']
  },
  {
    name: 'correct',
    description: 'Replaces one fact about this caller that is no longer true. If the result is a question, ask the ' +
      'caller, and use the tool again with the words of the fact that they mean.',
    properties: {
      what: { type: 'string', description: what('replace') },
      fact: { type: 'string', description: 'What is true now, as one short sentence about the caller' }
    },
    required: ['what', 'fact']
  },
  {
    name: 'forget',
    description: 'Deletes one fact about this caller, or everything. Use it only when the caller asks for it. If the ' +
      'result is a question, ask the caller first. Tell the caller what the result says was done.',
    properties: {
      what: { type: 'string', description: `${what('delete')}; or exactly "everything"` },
      confirm: {
        type: 'boolean',
        description: 'Only for "everything": true once the caller has confirmed the question of an earlier result'
      }
    },
    required: ['what']
  }
]

/** In Markdown, to paste. @param baseUrl - PUBLIC_BASE_URL */
export function toolToPaste (tool: ToolName, baseUrl: string): string {
  const definition = TOOLS.find(({ name }) => name === tool)!
  return `\`\`\`json\n${JSON.stringify(toolRequest(definition, baseUrl), null, 2)}\n\`\`\``
}

/** @param baseUrl - PUBLIC_BASE_URL */
export function toolRequest (tool: ToolDefinition, baseUrl: string) {
  const { name, description, properties, required } = tool
  return {
    tool_config: {
      type: 'webhook',
      name,
      description,
      response_timeout_secs: RESPONSE_TIMEOUT_SECS,
      interruption_mode: 'allow',
      execution_mode: 'immediate',
      pre_tool_speech: 'auto',
      tool_error_handling_mode: 'hide',
      api_schema: {
        url: `${withoutTrailingSlashes(baseUrl)}/tools/${name}`,
        method: 'POST',
        content_type: 'application/json',
        request_headers: {
          [TOKEN_HEADER]: { variable_name: TOKEN_VARIABLE },
          [CONVERSATION_HEADER]: { variable_name: 'system__conversation_id' }
        },
        request_body_schema: { type: 'object', properties, required }
      }
    }
  }
}
