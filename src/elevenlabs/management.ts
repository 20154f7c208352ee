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
  lastFailure: { status: number | null, atSeconds: number | null } | null
  /** Where it is selected, such as `ConvAI Settings`; null if ElevenLabs does not say. */
  usages: string[] | null
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
  isError: boolean
  /** Such as `customer_auth`, `external_server` or `client_timeout`; null without an error. */
  errorType: string | null
}

export interface PhoneNumber {
  id: string
  /** Such as +15550100001. */
  number: string
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

export type ElevenLabs = ReturnType<typeof createElevenLabs>

export interface AgentPatch {
  conversation_config?: Fields
  platform_settings?: Fields
  version_description?: string
}

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

/**
 * Every method throws `ElevenLabsUnavailable` when ElevenLabs cannot be reached, within ten seconds, and
 * `ElevenLabsRefused` when trying again is useless. Its text never has the key or a secret. What makes something
 * resolves to its id; what deletes, to whether it was there.
 *
 * @param signal - ends what only reads; a change that was sent is waited for, so that it is known what it did
 */
export function createElevenLabs (ctx: ElevenLabsContext, signal: AbortSignal) {
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
    /** All agents of the workspace, archived ones left out. */
    async agents (): Promise<AgentSummary[]> {
      const entries = await readAll(AGENTS, 'agents')
      return entries.flatMap((entry) => {
        const id = idOf(entry, 'agent_id')
        return id === null || entry['archived'] === true ? [] : [{ id, name: textOf(entry, 'name') ?? id }]
      })
    },

    /** The whole agent as ElevenLabs stores it; null if this workspace has none with this id. */
    async agent (id: string, branchId: string | null = null): Promise<Fields | null> {
      const agent = await readIfAny(agentPath(id, branchId))
      if (agent !== null && !isFields(agent)) throw notTheApi()
      return agent
    },

    /** Without archived ones. */
    async branches (agentId: string): Promise<Branch[]> {
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

    /** The procedures of a branch, which can demand variables, too. */
    async procedures (agentId: string, branchId: string): Promise<Fields[]> {
      const body = await readIfAny(`${agentPath(agentId)}/branches/${encodeURIComponent(branchId)}/procedures`)
      const list = isFields(body) ? body['procedures'] : null
      return Array.isArray(list) ? list.filter(isFields) : []
    },

    async settings (): Promise<Fields> {
      const settings = await read(SETTINGS)
      if (!isFields(settings)) throw notTheApi()
      return settings
    },

    async webhooks (): Promise<Webhook[]> {
      const body = await read(`${WEBHOOKS}?include_usages=true`)
      const list = isFields(body) ? body['webhooks'] : null
      if (!Array.isArray(list)) throw notTheApi()
      return list.filter(isFields).flatMap(webhookOf)
    },

    async secrets (): Promise<Secret[]> {
      const entries = await readAll(SECRETS, 'secrets')
      return entries.flatMap((entry) => {
        const id = idOf(entry, 'secret_id')
        return id === null ? [] : [{ id, name: textOf(entry, 'name') ?? '' }]
      })
    },

    async tools (): Promise<Tool[]> {
      return (await readAll(TOOLS, 'tools')).flatMap(toolOf)
    },

    async tool (id: string): Promise<Tool | null> {
      const tool = await readIfAny(toolPath(id))
      return isFields(tool) ? toolOf(tool)[0] ?? null : null
    },

    /** The configuration of an MCP server; null if there is none. */
    async mcpServer (id: string): Promise<Fields | null> {
      const server = await readIfAny(`/v1/convai/mcp-servers/${encodeURIComponent(id)}`)
      return isFields(server) ? fieldsOf(server, 'config') : null
    },

    /** Newest first, at most 100. @param sinceSeconds - Unix time */
    async toolExecutions (id: string, sinceSeconds: number): Promise<ToolExecution[]> {
      const query = new URLSearchParams({ page_size: String(PAGE), start_time: String(sinceSeconds) })
      const body = await readIfAny(`${toolPath(id)}/executions?${query.toString()}`)
      const list = isFields(body) && Array.isArray(body['executions']) ? body['executions'].filter(isFields) : []
      return list.map((entry) => ({
        isError: entry['is_error'] === true, errorType: textOf(entry, 'error_type')
      }))
    },

    async phoneNumbers (): Promise<PhoneNumber[]> {
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
              agentId: textOf(agent, 'agent_id'),
              branchId: textOf(agent, 'branch_id')
            }]
      })
    },

    /** @param patch - only what changes; lists replace */
    async updateAgent (id: string, branchId: string | null, patch: AgentPatch): Promise<void> {
      await send('PATCH', agentPath(id, branchId), patch, textsIn(patch))
    },

    async updateSettings (patch: Fields): Promise<void> {
      await send('PATCH', SETTINGS, patch, textsIn(patch))
    },

    /** The secret is shown this once. */
    async createWebhook ({ name, url }: { name: string, url: string }) {
      const body = await send('POST', WEBHOOKS, { settings: { auth_type: 'hmac', name, webhook_url: url } })
      const id = idOf(body, 'webhook_id')
      const secret = textOf(body, 'webhook_secret', 1000)
      if (id === null || secret === null) {
        throw new ElevenLabsRefused('ElevenLabs made the webhook, but did not tell its secret: delete it there, and ' +
          'run this again')
      }
      return { id, secret }
    },

    /** Turns retries on, too. */
    async enableWebhook (id: string, name: string): Promise<void> {
      const body = { is_disabled: false, name, retry_enabled: true }
      await send('PATCH', `${WEBHOOKS}/${encodeURIComponent(id)}`, body)
    },

    deleteWebhook: (id: string) => remove(`${WEBHOOKS}/${encodeURIComponent(id)}`),

    async createSecret (name: string, value: string): Promise<string> {
      return newId(await send('POST', SECRETS, { type: 'new', name, value }, [value]), 'secret_id')
    },

    async updateSecret (id: string, name: string, value: string): Promise<void> {
      await send('PATCH', `${SECRETS}/${encodeURIComponent(id)}`, { type: 'update', name, value }, [value])
    },

    deleteSecret: (id: string) => remove(`${SECRETS}/${encodeURIComponent(id)}`),

    async createTool (config: ToolConfig): Promise<string> {
      return newId(await send('POST', TOOLS, { tool_config: config }), 'id')
    },

    async updateTool (id: string, config: ToolConfig): Promise<void> {
      await send('PATCH', toolPath(id), { tool_config: config })
    },

    deleteTool: (id: string) => remove(toolPath(id)),

    async importTwilioNumber ({ number, label, sid, token, agentId, acceptsSms }: TwilioNumber): Promise<string> {
      const body = {
        provider: 'twilio', phone_number: number, label, sid, token, agent_id: agentId, enable_sms: acceptsSms
      }
      return newId(await send('POST', NUMBERS, body, [sid, token]), 'phone_number_id')
    },

    /** @param agentId - null for no agent */
    async assignNumber (id: string, agentId: string | null): Promise<void> {
      await send('PATCH', `${NUMBERS}/${encodeURIComponent(id)}`, { agent_id: agentId })
    },

    deleteNumber: (id: string) => remove(`${NUMBERS}/${encodeURIComponent(id)}`)
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
