/** What an agent, or the workspace, has to be set to so that the bridge works. Pure. */
import { fieldsOf, isFields, type Fields } from '../json.ts'
import type { Override } from '../prompt/call-start-response.ts'
import { valueAt, type Want } from './changes.ts'

/** What the operator wants, from the settings and the command line. */
export interface Wanted {
  agentIds: readonly string[]
  overrides: readonly Override[]
  /** PUBLIC_BASE_URL without a slash at the end. */
  publicUrl: string
  headerSecret: string
  /** What WEBHOOK_SECRET lists. */
  webhookSecrets: readonly string[]
  /** What the bridge sends, with neutral values. */
  variables: Readonly<Record<string, string>>
  /** Whether the webhooks are set for the whole workspace. */
  isForWorkspace: boolean
  /** Whether the four tools are set up; ElevenLabs only calls tools over HTTPS. */
  hasTools: boolean
  collectsData: boolean
  /** Null leaves the agents' models as they are. */
  customLlm: { url: string, model: string, apiKey: string | null } | null
  /** Null leaves the numbers as they are. */
  phoneNumber: {
    number: string
    /** Null if they are not known; a number that is already there needs none. */
    twilio: { sid: string, token: string } | null
    acceptsSms: boolean
  } | null
}

/** Ids of what was made at ElevenLabs; of what is still to be made, a word. */
export interface Ids {
  headerSecret: string
  llmSecret: string
  webhook: string
  tools: readonly string[]
}

export const HEADER = 'X-Webhook-Secret'

export const OVERRIDES: Record<Override, { path: string[], label: string }> = {
  prompt: { path: ['agent', 'prompt', 'prompt'], label: 'override of the system prompt' },
  first_message: { path: ['agent', 'first_message'], label: 'override of the first message' },
  language: { path: ['agent', 'language'], label: 'override of the language' }
}

const SUBSCRIBED: unknown[] = ['transcript', 'call_initiation_failure']
const AUDIO: unknown[] = ['audio', 'unredacted_audio']

/** What ElevenLabs' analysis of a call picks out; a bridge without a language model learns names from it. */
const COLLECTED: Record<string, { type: 'string', description: string }> = {
  caller_name: {
    type: 'string',
    description: 'The name of the caller, exactly as the caller gave it on this call. Leave it empty if the caller ' +
      'did not say it.'
  },
  caller_language: {
    type: 'string',
    description: 'The language that the caller spoke, as an ISO 639-1 code such as en or de.'
  }
}

/** The switch that makes ElevenLabs call the bridge. It comes last. */
export const FETCH_SWITCH: Want = {
  path: ['platform_settings', 'overrides', 'enable_conversation_initiation_client_data_from_webhook'],
  value: true,
  label: 'fetch at call start'
}

/** Everything but the fetch switch. */
export function agentWants (config: Fields, wanted: Wanted, ids: Ids): Want[] {
  const prompt = ['conversation_config', 'agent', 'prompt']
  const placeholders = ['conversation_config', 'agent', 'dynamic_variables', 'dynamic_variable_placeholders']
  const collection = ['platform_settings', 'data_collection']
  return [
    ...wanted.overrides.map((name) => ({
      path: ['platform_settings', 'overrides', 'conversation_config_override', ...OVERRIDES[name].path],
      value: true,
      label: OVERRIDES[name].label
    })),
    ...Object.entries(wanted.variables).flatMap(([name, value]) => {
      const path = [...placeholders, name]
      // A placeholder of the user's own stays.
      return valueAt(config, path) === undefined ? [{ path, value, label: `placeholder of ${name}` }] : []
    }),
    ...(wanted.isForWorkspace
      ? []
      : webhookWants(fieldsOf(fieldsOf(config, 'platform_settings'), 'workspace_overrides'), wanted, ids)
        .map((want) => ({ ...want, path: ['platform_settings', 'workspace_overrides', ...want.path] }))),
    ...ids.tools.map((id) => ({ path: [...prompt, 'tool_ids'], value: id, isItem: true, label: 'tool' })),
    ...(wanted.collectsData
      ? Object.entries(COLLECTED).flatMap(([name, value]) => {
        const path = [...collection, name]
        return valueAt(config, path) === undefined ? [{ path, value, label: `data collection of ${name}` }] : []
      })
      : []),
    ...(wanted.customLlm === null
      ? []
      : [
          { path: [...prompt, 'llm'], value: 'custom-llm', label: 'language model' },
          { path: [...prompt, 'custom_llm'], value: customLlm(wanted.customLlm, ids), label: 'custom LLM' }
        ])
  ]
}

/** The two webhooks, in the settings of the workspace or in an agent's own. */
export function webhookWants (settings: Fields, wanted: Wanted, ids: Ids): Want[] {
  return [
    {
      path: ['conversation_initiation_client_data_webhook'],
      value: {
        url: `${wanted.publicUrl}/webhook/personalize`, request_headers: { [HEADER]: { secret_id: ids.headerSecret } }
      },
      label: 'call start webhook'
    },
    { path: ['webhooks'], value: postCallOf(fieldsOf(settings, 'webhooks'), ids.webhook), label: 'call end webhook' }
  ]
}

/** The events that are there stay, but for audio, which the bridge does not want. */
function postCallOf (webhooks: Fields, id: string): Fields {
  const { events, transcript_format: format } = webhooks
  const others = (Array.isArray(events) ? events : [])
    .filter((event) => !SUBSCRIBED.includes(event) && !AUDIO.includes(event))
  return {
    post_call_webhook_id: id,
    events: [...SUBSCRIBED, ...others],
    // The other one, opentelemetry, is not what the bridge reads.
    ...(format === undefined || format === 'json' ? {} : { transcript_format: 'json' }),
    // Deprecated, but it would still send audio.
    ...(webhooks['send_audio'] === true ? { send_audio: false } : {})
  }
}

function customLlm ({ url, model, apiKey }: NonNullable<Wanted['customLlm']>, ids: Ids): Fields {
  return {
    url,
    model_id: model,
    ...(apiKey === null ? {} : { api_key: { secret_id: ids.llmSecret } }),
    // OpenClaw then keeps one session for each caller.
    request_headers: { 'x-openclaw-session-key': { variable_name: 'session_id' } },
    api_type: 'chat_completions'
  }
}

/** A value for the plan: a few words, without anything that could be a secret. */
export function shown (value: unknown): string {
  if (value === undefined || value === null || value === '') return 'not set'
  if (value === true) return 'on'
  if (value === false) return 'off'
  if (Array.isArray(value)) return value.map(shown).join(', ')
  if (!isFields(value)) return String(value).length > 60 ? `${String(value).slice(0, 60)}…` : String(value)
  const { url, post_call_webhook_id: webhook, events, description, model_id: model } = value
  if (webhook !== undefined) {
    return webhook === null ? 'none' : `${shown(webhook)} with ${Array.isArray(events) ? shown(events) : 'no events'}`
  }
  if (typeof url === 'string') return model === undefined ? withoutQuery(url) : `${withoutQuery(url)}, ${shown(model)}`
  return typeof description === 'string' ? shown(description) : 'set'
}

/** Somebody's address may have a key in it. */
function withoutQuery (url: string): string {
  if (!URL.canParse(url)) return 'an address'
  const { origin, pathname } = new URL(url)
  return origin + pathname
}
