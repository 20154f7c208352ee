/**
 * ElevenLabs' management API, as far as `connect` and `doctor` need it. Responses are read tolerantly; the bodies are
 * held against ElevenLabs' OpenAPI document by the tests.
 *
 * @see https://elevenlabs.io/docs/api-reference/agents/update
 */
import type { Made } from '../../schemas/connection.ts'
import { ElevenLabsRefused } from '../errors.ts'
import type { JsonRequest, JsonResponse } from '../http-client.ts'
import { cutText, fieldsOf, isFields, listIn, numberOf, textOf, type Fields } from '../json.ts'
import type { ToolRequest } from '../tools/definitions.ts'
import { ask, BRIEF, idOf, nextOf, notTheApi, ONE_CHANGE, type ElevenLabsContext } from './ask.ts'

/** An agent, or a stored secret. */
export interface Named {
  id: string
  name: string
}

export interface Tool {
  id: string
  /** As it was sent, with ElevenLabs' defaults and whatever else it has. */
  config: Fields
}

export interface ToolExecution {
  isError: boolean
  /** Such as `customer_auth`, `external_server` or `client_timeout`; null without an error. */
  errorType: string | null
}

export type ElevenLabs = ReturnType<typeof createElevenLabs>
export type Branch = Awaited<ReturnType<ElevenLabs['branches']>>[number]
export type Webhook = Awaited<ReturnType<ElevenLabs['webhooks']>>[number]

const AGENTS = '/v1/convai/agents'
const SETTINGS = '/v1/convai/settings'
const SECRETS = '/v1/convai/secrets'
const TOOLS = '/v1/convai/tools'
const NUMBERS = '/v1/convai/phone-numbers'
const WEBHOOKS = '/v1/workspace/webhooks'

/** Where `connect` makes things. */
const MADE = { secret: SECRETS, tool: TOOLS, number: NUMBERS, webhook: WEBHOOKS }

/** Of lists; more than any workspace that we know of needs. */
const MAX_PAGES = 50
const PAGE = 100

/**
 * Every method throws `ElevenLabsUnavailable` when ElevenLabs cannot be reached, within ten seconds, and
 * `ElevenLabsRefused` when trying again is useless. Its text never has the key or a secret. What makes something
 * resolves to its id.
 *
 * @param signal - ends what only reads; a change that was sent is waited for, so that it is known what it did
 */
export function createElevenLabs (ctx: ElevenLabsContext, signal: AbortSignal) {
  const reading = { patience: BRIEF, signal }
  const changing = { patience: ONE_CHANGE, signal: new AbortController().signal }

  /** Resolves to a 2xx or, if `mayLack`, a 404. */
  async function request (
    method: JsonRequest['method'], path: string, body?: object, mayLack = false
  ): Promise<JsonResponse> {
    const response = await ask(ctx, { method, path, body }, method === 'GET' ? reading : changing)
    const { status } = response
    if ((status >= 200 && status < 300) || (mayLack && status === 404)) return response
    throw refusal(response, method, path.replace(/\?.*/, ''), secretsIn(body))
  }

  async function read (path: string): Promise<unknown> {
    return (await request('GET', path)).body
  }

  /** Null if there is no such thing. */
  async function find (path: string): Promise<Fields | null> {
    const { status, body } = await request('GET', path, undefined, true)
    if (status === 404) return null
    return isFields(body) ? body : notTheApi()
  }

  /** Every page of a list. */
  async function readAll (path: string, name: string): Promise<Fields[]> {
    const entries: Fields[] = []
    let cursor: string | null = null
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const query = new URLSearchParams({ page_size: String(PAGE), ...(cursor === null ? {} : { cursor }) })
      const page = await read(`${path}?${query.toString()}`)
      entries.push(...listIn(page, name) ?? notTheApi())
      cursor = nextOf(page, cursor)
      if (cursor === null) break
    }
    return entries
  }

  async function make (path: string, body: object, idName: string): Promise<string> {
    const made = (await request('POST', path, body)).body
    return (isFields(made) ? idOf(made, idName) : null) ?? notTheApi()
  }

  return {
    /** All agents of the workspace, archived ones left out. */
    async agents (): Promise<Named[]> {
      const entries = (await readAll(AGENTS, 'agents')).filter((entry) => entry['archived'] !== true)
      return withIds(entries, 'agent_id', (id, entry) => ({ id, name: textOf(entry, 'name') ?? id }))
    },

    /** The whole agent as ElevenLabs stores it; null if this workspace has none with this id. */
    agent: (id: string, branchId: string | null = null) => find(agentPath(id, branchId)),

    /** Without archived ones. */
    async branches (agentId: string) {
      const entries = listIn(await find(`${agentPath(agentId)}/branches?limit=${PAGE}`), 'results') ?? []
      return withIds(entries.filter((entry) => entry['is_archived'] !== true), 'id', (id, entry) => ({
        id,
        name: textOf(entry, 'name') ?? id,
        /** 0 to 100. */
        livePercentage: numberOf(entry, 'current_live_percentage') ?? 0,
        /** Only administrators of the workspace can change it. */
        isProtected: entry['protection_status'] === 'admin_perms_required'
      }))
    },

    /** The procedures of a branch, which can demand variables, too. */
    async procedures (agentId: string, branchId: string): Promise<Fields[]> {
      return listIn(await find(`${idPath(`${agentPath(agentId)}/branches`, branchId)}/procedures`), 'procedures') ?? []
    },

    async settings (): Promise<Fields> {
      const settings = await read(SETTINGS)
      return isFields(settings) ? settings : notTheApi()
    },

    /** Post-call webhooks and others of the workspace. The API does not tell whether retries are on. */
    async webhooks () {
      const entries = listIn(await read(`${WEBHOOKS}?include_usages=true`), 'webhooks') ?? notTheApi()
      return withIds(entries, 'webhook_id', (id, entry) => {
        const status = numberOf(entry, 'most_recent_failure_error_code')
        const atSeconds = numberOf(entry, 'most_recent_failure_timestamp')
        return {
          id,
          name: textOf(entry, 'name') ?? '',
          url: textOf(entry, 'webhook_url', 2000) ?? '',
          /** `hmac`, `oauth2`, `mtls`, or an unknown one. */
          authType: textOf(entry, 'auth_type') ?? '',
          isDisabled: entry['is_disabled'] === true,
          /** Switched off by ElevenLabs, after ten failures in a row. */
          isAutoDisabled: entry['is_auto_disabled'] === true,
          lastFailure: status === null && atSeconds === null ? null : { status, atSeconds },
          /** Where it is selected, such as `ConvAI Settings`; null if ElevenLabs does not say. */
          usages: listIn(entry, 'usage')?.map((usage) => textOf(usage, 'usage_type') ?? '') ?? null
        }
      })
    },

    async secrets (): Promise<Named[]> {
      const entries = await readAll(SECRETS, 'secrets')
      return withIds(entries, 'secret_id', (id, entry) => ({ id, name: textOf(entry, 'name') ?? '' }))
    },

    async tools (): Promise<Tool[]> {
      return withIds(await readAll(TOOLS, 'tools'), 'id', toolOf)
    },

    async tool (id: string): Promise<Tool | null> {
      const tool = await find(idPath(TOOLS, id))
      return tool === null ? null : toolOf(id, tool)
    },

    /** The configuration of an MCP server; null if there is none. */
    async mcpServer (id: string): Promise<Fields | null> {
      const server = await find(idPath('/v1/convai/mcp-servers', id))
      return server === null ? null : fieldsOf(server, 'config')
    },

    /** Newest first, at most 100. @param sinceSeconds - Unix time */
    async toolExecutions (id: string, sinceSeconds: number): Promise<ToolExecution[]> {
      const page = await find(`${idPath(TOOLS, id)}/executions?page_size=${PAGE}&start_time=${sinceSeconds}`)
      return (listIn(page, 'executions') ?? []).map((entry) => ({
        isError: entry['is_error'] === true, errorType: textOf(entry, 'error_type')
      }))
    },

    async phoneNumbers () {
      const list = await read(NUMBERS)
      if (!Array.isArray(list)) return notTheApi()
      return withIds(list.filter(isFields), 'phone_number_id', (id, entry) => {
        const agent = fieldsOf(entry, 'assigned_agent')
        return {
          id,
          /** Such as +15550100001. */
          number: textOf(entry, 'phone_number') ?? '',
          agentId: textOf(agent, 'agent_id'),
          /** Null for the branches that have the agent's traffic. */
          branchId: textOf(agent, 'branch_id')
        }
      })
    },

    /** @param patch - only what changes; lists replace */
    async updateAgent (id: string, branchId: string | null, patch: Fields): Promise<void> {
      await request('PATCH', agentPath(id, branchId), patch)
    },

    async updateSettings (patch: Fields): Promise<void> {
      await request('PATCH', SETTINGS, patch)
    },

    /** The secret is shown this once. */
    async createWebhook ({ name, url }: { name: string, url: string }) {
      const { body } = await request('POST', WEBHOOKS, { settings: { auth_type: 'hmac', name, webhook_url: url } })
      const id = isFields(body) ? idOf(body, 'webhook_id') : null
      const secret = isFields(body) ? textOf(body, 'webhook_secret', 1000) : null
      if (id === null || secret === null) {
        throw new ElevenLabsRefused('ElevenLabs made the webhook, but did not tell its secret: delete it there, and ' +
          'run this again')
      }
      return { id, secret }
    },

    /** Turns retries on, too. */
    async enableWebhook (id: string, name: string): Promise<void> {
      await request('PATCH', idPath(WEBHOOKS, id), { is_disabled: false, name, retry_enabled: true })
    },

    createSecret: (name: string, value: string) => make(SECRETS, { type: 'new', name, value }, 'secret_id'),

    async updateSecret (id: string, name: string, value: string): Promise<void> {
      await request('PATCH', idPath(SECRETS, id), { type: 'update', name, value })
    },

    createTool: (request: ToolRequest) => make(TOOLS, request, 'id'),

    async updateTool (id: string, tool: ToolRequest): Promise<void> {
      await request('PATCH', idPath(TOOLS, id), tool)
    },

    importTwilioNumber (
      number: string, agentId: string, { sid, token, acceptsSms }: { sid: string, token: string, acceptsSms: boolean }
    ): Promise<string> {
      const body = {
        provider: 'twilio',
        phone_number: number,
        label: 'memory-bridge',
        sid,
        token,
        agent_id: agentId,
        enable_sms: acceptsSms
      }
      return make(NUMBERS, body, 'phone_number_id')
    },

    /** @param agentId - null for no agent */
    async assignNumber (id: string, agentId: string | null): Promise<void> {
      await request('PATCH', idPath(NUMBERS, id), { agent_id: agentId })
    },

    /** Resolves to whether it was there. */
    async delete (kind: Made['kind'], id: string): Promise<boolean> {
      return (await request('DELETE', idPath(MADE[kind], id), undefined, true)).status !== 404
    }
  }
}

const idPath = (path: string, id: string) => `${path}/${encodeURIComponent(id)}`

const agentPath = (id: string, branchId: string | null = null) =>
  idPath(AGENTS, id) + (branchId === null ? '' : `?branch_id=${encodeURIComponent(branchId)}`)

function toolOf (id: string, entry: Fields): Tool {
  return { id, config: fieldsOf(entry, 'tool_config') }
}

/** Leaves out what has no id, with which nothing could be done. */
function withIds<T> (entries: Fields[], idName: string, read: (id: string, entry: Fields) => T): T[] {
  return entries.flatMap((entry) => {
    const id = idOf(entry, idName)
    return id === null ? [] : [read(id, entry)]
  })
}

/** @param hidden - what the response may quote, and the text must not */
function refusal ({ status, body }: JsonResponse, method: string, path: string, hidden: string[]): Error {
  const said = detailOf(body, hidden)
  const reason = said === null ? '' : `: ${said}`
  if (status === 401) {
    return new ElevenLabsRefused(`ElevenLabs refuses the key (401${reason}): check ELEVENLABS_API_KEY, and that the ` +
      `key may do ${method} ${path}`)
  }
  if (status === 403) {
    return new ElevenLabsRefused(`ElevenLabs does not allow ${method} ${path} (403${reason}): check the permissions ` +
      'of ELEVENLABS_API_KEY, and whether the agent\'s branch is protected')
  }
  if (status === 404 && method === 'GET') {
    return new ElevenLabsRefused(`ElevenLabs does not know ${path} (404): check that ELEVENLABS_API_KEY is from the ` +
      'right workspace')
  }
  return new ElevenLabsRefused(`ElevenLabs refuses ${method} ${path} (${status}${reason})`)
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

/** Where a body has secrets: ours, Twilio's, or somebody's in the headers of a webhook. */
const SECRET_NAMES = ['value', 'sid', 'token', 'request_headers']

function secretsIn (value: unknown, isSecret = false): string[] {
  if (typeof value === 'string') return isSecret ? [value] : []
  if (!isFields(value)) return []
  return Object.entries(value).flatMap(([name, each]) => secretsIn(each, isSecret || SECRET_NAMES.includes(name)))
}
