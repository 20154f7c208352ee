/**
 * ElevenLabs' management API, as far as `connect` and `doctor` need it. Responses are read tolerantly; the bodies are
 * held against ElevenLabs' OpenAPI document by the tests.
 *
 * @see https://elevenlabs.io/docs/api-reference/agents/update
 */
import { ElevenLabsRefused } from '../errors.ts'
import { cutText, fieldsOf, isFields, numberOf, textOf, type Fields } from '../json.ts'
import { ask, BRIEF, ONE_CHANGE, type ElevenLabsContext } from './ask.ts'

export interface AgentSummary {
  id: string
  name: string
}

export interface Branch {
  id: string
  name: string
  /** 0 to 100. */
  livePercentage: number
  /** Only administrators of the workspace can change it. */
  isProtected: boolean
}

/** A post-call webhook or another one of the workspace. The API does not tell whether retries are on. */
export interface Webhook {
  id: string
  name: string
  url: string
  /** `hmac`, `oauth2`, `mtls`, or an unknown one. */
  authType: string
  isDisabled: boolean
  /** Switched off by ElevenLabs, after ten failures in a row. */
  isAutoDisabled: boolean
  createdAtSeconds: number | null
  lastFailure: { status: number | null, atSeconds: number | null } | null
  /** Where it is selected, such as `ConvAI Settings`; null if ElevenLabs does not say. */
  usages: string[] | null
}

export interface NewWebhook {
  name: string
  url: string
}

export interface Secret {
  id: string
  name: string
}

export interface Tool {
  id: string
  /** As {@link ToolConfig}, with ElevenLabs' defaults and whatever else it has. */
  config: Fields
}

/** What a `tool_config` is sent as. */
export type ToolConfig = Fields & { type: 'webhook', name: string }

export interface ToolExecution {
  atSeconds: number | null
  latencySeconds: number | null
  isError: boolean
  /** Such as `customer_auth`, `external_server` or `client_timeout`; null without an error. */
  errorType: string | null
  agentId: string | null
  conversationId: string | null
}

export interface PhoneNumber {
  id: string
  /** Such as +15550100001. */
  number: string
  label: string
  /** `twilio`, `exotel`, `sip_trunk`, or an unknown one. */
  provider: string
  agentId: string | null
  /** Null for the branches that have the agent's traffic. */
  branchId: string | null
}

export interface TwilioNumber {
  number: string
  label: string
  sid: string
  token: string
  agentId: string
  acceptsSms: boolean
}

/**
 * Every method throws `ElevenLabsUnavailable` when ElevenLabs cannot be reached, within ten seconds, and
 * `ElevenLabsRefused` when trying again is useless. Its text never has the key or a secret.
 */
export interface ElevenLabs {
  /** All agents of the workspace, archived ones left out. */
  agents (): Promise<AgentSummary[]>
  /** The whole agent as ElevenLabs stores it; null if this workspace has none with this id. */
  agent (id: string, branchId?: string | null): Promise<Fields | null>
  /** Without archived ones. */
  branches (agentId: string): Promise<Branch[]>
  /** The procedures of a branch, which can demand variables, too. */
  procedures (agentId: string, branchId: string): Promise<Fields[]>
  settings (): Promise<Fields>
  webhooks (): Promise<Webhook[]>
  secrets (): Promise<Secret[]>
  tools (): Promise<Tool[]>
  tool (id: string): Promise<Tool | null>
  /** The configuration of an MCP server; null if there is none. */
  mcpServer (id: string): Promise<Fields | null>
  /** Newest first, at most 100. @param sinceSeconds - Unix time */
  toolExecutions (id: string, sinceSeconds: number): Promise<ToolExecution[]>
  phoneNumbers (): Promise<PhoneNumber[]>

  /** @param patch - only what changes; lists replace */
  updateAgent (id: string, branchId: string | null, patch: AgentPatch): Promise<void>
  updateSettings (patch: SettingsPatch): Promise<void>
  /** The secret is shown this once. */
  createWebhook (webhook: NewWebhook): Promise<{ id: string, secret: string }>
  /** Enables it and turns retries on. */
  enableWebhook (id: string, name: string): Promise<void>
  /** False if there is none. */
  deleteWebhook (id: string): Promise<boolean>
  /** Resolves to the id. */
  createSecret (name: string, value: string): Promise<string>
  updateSecret (id: string, name: string, value: string): Promise<void>
  deleteSecret (id: string): Promise<boolean>
  createTool (config: ToolConfig): Promise<string>
  updateTool (id: string, config: ToolConfig): Promise<void>
  deleteTool (id: string): Promise<boolean>
  importTwilioNumber (number: TwilioNumber): Promise<string>
  /** @param agentId - null for no agent */
  assignNumber (id: string, agentId: string | null): Promise<void>
  deleteNumber (id: string): Promise<boolean>
}

export interface AgentPatch {
  conversation_config?: Fields
  platform_settings?: Fields
  version_description?: string
}

export type SettingsPatch = Fields

const AGENTS = '/v1/convai/agents'
const SETTINGS = '/v1/convai/settings'
const SECRETS = '/v1/convai/secrets'
const TOOLS = '/v1/convai/tools'
const NUMBERS = '/v1/convai/phone-numbers'
const WEBHOOKS = '/v1/workspace/webhooks'

/** Of lists; more than any workspace that we know of needs. */
const MAX_PAGES = 50
const PAGE = 100

const MAX_ID_CHARS = 200

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

/** @param signal - ends what only reads; a change that was sent is waited for, so that it is known what it did */
export function createElevenLabs (ctx: ElevenLabsContext, signal: AbortSignal): ElevenLabs {
  const never = new AbortController().signal

  async function read (path: string): Promise<unknown> {
    const body = await readIfAny(path)
    if (body === null) throw new ElevenLabsRefused(`ElevenLabs does not know ${path} (404): ${WHERE}`)
    return body
  }

  async function readIfAny (path: string): Promise<unknown> {
    const { status, body } = await ask(ctx, { method: 'GET', path }, { patience: BRIEF, signal })
    if (status === 404) return null
    if (status !== 200) throw refusal(status, body, `GET ${withoutQuery(path)}`)
    return body
  }

  /** @param hidden - never in an error, although the response may quote it */
  async function send (method: Method, path: string, body?: object, hidden: string[] = []): Promise<Fields> {
    const answer = await ask(ctx, { method, path, body }, { patience: ONE_CHANGE, signal: never })
    if (answer.status < 200 || answer.status > 299) {
      throw refusal(answer.status, answer.body, `${method} ${withoutQuery(path)}`, hidden)
    }
    return isFields(answer.body) ? answer.body : {}
  }

  async function remove (path: string): Promise<boolean> {
    const { status, body } = await ask(ctx, { method: 'DELETE', path }, { patience: ONE_CHANGE, signal: never })
    if (status === 404) return false
    if (status < 200 || status > 299) throw refusal(status, body, `DELETE ${withoutQuery(path)}`)
    return true
  }

  /** Every page of a list. */
  async function readAll (path: string, name: string): Promise<Fields[]> {
    const entries: Fields[] = []
    let cursor: string | null = null
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const query = new URLSearchParams({ page_size: String(PAGE), ...(cursor === null ? {} : { cursor }) })
      const page = await read(`${path}?${query.toString()}`)
      const list = isFields(page) ? page[name] : null
      if (!isFields(page) || !Array.isArray(list)) throw notTheApi()
      entries.push(...list.filter(isFields))
      const next = page['has_more'] === false ? null : textOf(page, 'next_cursor', 10_000)
      if (next === null || next === cursor) break
      cursor = next
    }
    return entries
  }

  return {
    async agents () {
      const entries = await readAll(AGENTS, 'agents')
      return entries.flatMap((entry) => {
        const id = idOf(entry, 'agent_id')
        return id === null || entry['archived'] === true ? [] : [{ id, name: textOf(entry, 'name') ?? id }]
      })
    },

    async agent (id, branchId = null) {
      const agent = await readIfAny(agentPath(id, branchId))
      if (agent !== null && !isFields(agent)) throw notTheApi()
      return agent
    },

    async branches (agentId) {
      const body = await readIfAny(`${agentPath(agentId)}/branches?limit=${PAGE}`)
      const results = isFields(body) && Array.isArray(body['results']) ? body['results'].filter(isFields) : []
      return results.flatMap((entry) => {
        const id = idOf(entry, 'id')
        return id === null || entry['is_archived'] === true
          ? []
          : [{
              id,
              name: textOf(entry, 'name') ?? id,
              livePercentage: numberOf(entry, 'current_live_percentage') ?? 0,
              isProtected: entry['protection_status'] === 'admin_perms_required',
            }]
      })
    },

    async procedures (agentId, branchId) {
      const body = await readIfAny(`${agentPath(agentId)}/branches/${encodeURIComponent(branchId)}/procedures`)
      const list = isFields(body) ? body['procedures'] : null
      return Array.isArray(list) ? list.filter(isFields) : []
    },

    async settings () {
      const settings = await read(SETTINGS)
      if (!isFields(settings)) throw notTheApi()
      return settings
    },

    async webhooks () {
      const body = await read(`${WEBHOOKS}?include_usages=true`)
      const list = isFields(body) ? body['webhooks'] : null
      if (!Array.isArray(list)) throw notTheApi()
      return list.filter(isFields).flatMap(webhookOf)
    },

    async secrets () {
      const entries = await readAll(SECRETS, 'secrets')
      return entries.flatMap((entry) => {
        const id = idOf(entry, 'secret_id')
        return id === null ? [] : [{ id, name: textOf(entry, 'name') ?? '' }]
      })
    },

    async tools () {
      return (await readAll(TOOLS, 'tools')).flatMap(toolOf)
    },

    async tool (id) {
      const tool = await readIfAny(toolPath(id))
      return isFields(tool) ? toolOf(tool)[0] ?? null : null
    },

    async mcpServer (id) {
      const server = await readIfAny(`/v1/convai/mcp-servers/${encodeURIComponent(id)}`)
      return isFields(server) ? fieldsOf(server, 'config') : null
    },

    async toolExecutions (id, sinceSeconds) {
      const query = new URLSearchParams({ page_size: String(PAGE), start_time: String(sinceSeconds) })
      const body = await readIfAny(`${toolPath(id)}/executions?${query.toString()}`)
      const list = isFields(body) && Array.isArray(body['executions']) ? body['executions'].filter(isFields) : []
      return list.map((entry) => ({
        atSeconds: numberOf(entry, 'timestamp'),
        latencySeconds: numberOf(entry, 'latency_secs'),
        isError: entry['is_error'] === true,
        errorType: textOf(entry, 'error_type'),
        agentId: textOf(entry, 'agent_id'),
        conversationId: textOf(entry, 'conversation_id')
      }))
    },

    async phoneNumbers () {
      const list = await read(NUMBERS)
      if (!Array.isArray(list)) throw notTheApi()
      return list.filter(isFields).flatMap((entry) => {
        const id = idOf(entry, 'phone_number_id')
        const agent = fieldsOf(entry, 'assigned_agent')
        return id === null
          ? []
          : [{
              id,
              number: textOf(entry, 'phone_number') ?? '',
              label: textOf(entry, 'label') ?? '',
              provider: textOf(entry, 'provider') ?? '',
              agentId: textOf(agent, 'agent_id'),
              branchId: textOf(agent, 'branch_id')
            }]
      })
    },

    async updateAgent (id, branchId, patch) {
      await send('PATCH', agentPath(id, branchId), patch, textsIn(patch))
    },

    async updateSettings (patch) {
      await send('PATCH', SETTINGS, patch, textsIn(patch))
    },

    async createWebhook ({ name, url }) {
      const body = await send('POST', WEBHOOKS, { settings: { auth_type: 'hmac', name, webhook_url: url } })
      const id = idOf(body, 'webhook_id')
      const secret = textOf(body, 'webhook_secret', 1000)
      if (id === null || secret === null) {
        throw new ElevenLabsRefused('ElevenLabs made the webhook, but did not tell its secret: delete it there, and ' +
          'run this again')
      }
      return { id, secret }
    },

    async enableWebhook (id, name) {
      const body = { is_disabled: false, name, retry_enabled: true }
      await send('PATCH', `${WEBHOOKS}/${encodeURIComponent(id)}`, body)
    },

    deleteWebhook: (id) => remove(`${WEBHOOKS}/${encodeURIComponent(id)}`),

    async createSecret (name, value) {
      return newId(await send('POST', SECRETS, { type: 'new', name, value }, [value]), 'secret_id')
    },

    async updateSecret (id, name, value) {
      await send('PATCH', `${SECRETS}/${encodeURIComponent(id)}`, { type: 'update', name, value }, [value])
    },

    deleteSecret: (id) => remove(`${SECRETS}/${encodeURIComponent(id)}`),

    async createTool (config) {
      return newId(await send('POST', TOOLS, { tool_config: config }), 'id')
    },

    async updateTool (id, config) {
      await send('PATCH', toolPath(id), { tool_config: config })
    },

    deleteTool: (id) => remove(toolPath(id)),

    async importTwilioNumber ({ number, label, sid, token, agentId, acceptsSms }) {
      const body = {
        provider: 'twilio', phone_number: number, label, sid, token, agent_id: agentId, enable_sms: acceptsSms
      }
      return newId(await send('POST', NUMBERS, body, [sid, token]), 'phone_number_id')
    },

    async assignNumber (id, agentId) {
      await send('PATCH', `${NUMBERS}/${encodeURIComponent(id)}`, { agent_id: agentId })
    },

    deleteNumber: (id) => remove(`${NUMBERS}/${encodeURIComponent(id)}`)
  }
}

const WHERE = 'check that ELEVENLABS_API_KEY is from the right workspace'

const agentPath = (id: string, branchId: string | null = null) =>
  `${AGENTS}/${encodeURIComponent(id)}` + (branchId === null ? '' : `?branch_id=${encodeURIComponent(branchId)}`)

const toolPath = (id: string) => `${TOOLS}/${encodeURIComponent(id)}`

const withoutQuery = (path: string) => path.replace(/\?.*/, '')

function idOf (entry: Fields, name: string): string | null {
  const id = textOf(entry, name, MAX_ID_CHARS)
  // Dots would lead to another path.
  return id === null || /^\.{1,2}$/.test(id) ? null : id
}

function newId (body: Fields, name: string): string {
  const id = idOf(body, name)
  if (id === null) throw notTheApi()
  return id
}

function webhookOf (entry: Fields): Webhook[] {
  const id = idOf(entry, 'webhook_id')
  if (id === null) return []
  const status = numberOf(entry, 'most_recent_failure_error_code')
  const atSeconds = numberOf(entry, 'most_recent_failure_timestamp')
  const usage = entry['usage']
  return [{
    id,
    name: textOf(entry, 'name') ?? '',
    url: textOf(entry, 'webhook_url', 2000) ?? '',
    authType: textOf(entry, 'auth_type') ?? '',
    isDisabled: entry['is_disabled'] === true,
    isAutoDisabled: entry['is_auto_disabled'] === true,
    createdAtSeconds: numberOf(entry, 'created_at_unix'),
    lastFailure: status === null && atSeconds === null ? null : { status, atSeconds },
    usages: Array.isArray(usage) ? usage.filter(isFields).map((each) => textOf(each, 'usage_type') ?? '') : null
  }]
}

function toolOf (entry: Fields): Tool[] {
  const id = idOf(entry, 'id')
  return id === null ? [] : [{ id, config: fieldsOf(entry, 'tool_config') }]
}

function notTheApi (): Error {
  return new ElevenLabsRefused('The response is not from ElevenLabs\' API: check ELEVENLABS_API_BASE_URL')
}

function refusal (status: number, body: unknown, what: string, hidden: string[] = []): Error {
  const said = detailOf(body, hidden)
  const reason = said === null ? '' : `: ${said}`
  if (status === 401) {
    return new ElevenLabsRefused(`ElevenLabs refuses the key (401${reason}): check ELEVENLABS_API_KEY, and that the ` +
      `key may do ${what}`)
  }
  if (status === 403) {
    return new ElevenLabsRefused(`ElevenLabs does not allow ${what} (403${reason}): check the permissions of ` +
      'ELEVENLABS_API_KEY, and whether the agent\'s branch is protected')
  }
  if (status >= 300 && status < 400) {
    return new ElevenLabsRefused(`The response is a redirect (${status}), which is not followed so that the key goes ` +
      'nowhere else: check ELEVENLABS_API_BASE_URL')
  }
  return new ElevenLabsRefused(`ElevenLabs refuses ${what} (${status}${reason})`)
}

/** What ElevenLabs says: `{detail: {message}}`, or a list of `{loc, msg}`. Null if it says nothing. */
function detailOf (body: unknown, hidden: string[]): string | null {
  if (!isFields(body)) return null
  const { detail } = body
  const texts = Array.isArray(detail)
    ? detail.filter(isFields).map(({ loc, msg }) =>
      `${Array.isArray(loc) ? loc.map(String).join('.') : ''} ${String(msg)}`.trim())
    : isFields(detail)
      ? [textOf(detail, 'message', 500) ?? textOf(detail, 'status') ?? '']
      : typeof detail === 'string' ? [detail] : []
  const text = hidden.filter((secret) => secret.length > 0)
    .reduce((said, secret) => said.replaceAll(secret, '…'), texts.filter((each) => each !== '').join('; '))
    .replace(/\s+/g, ' ')
  return text === '' ? null : cutText(text, 300)
}

/** Header values in a patch may be somebody's secrets. */
function textsIn (value: unknown, isHeader = false): string[] {
  if (typeof value === 'string') return isHeader ? [value] : []
  if (!isFields(value)) return []
  return Object.entries(value).flatMap(([name, each]) => textsIn(each, isHeader || name === 'request_headers'))
}
