/**
 * The state of a fake ElevenLabs: agents with branches, settings, webhooks, secrets, tools and phone numbers. What it
 * takes, drops and fills in is what ElevenLabs' OpenAPI document says.
 */
import { isMap, known, requestFaults, response } from './elevenlabs-spec.ts'
import { isFields } from '../src/json.ts'
import type { Json } from './fixtures/webhooks.ts'

export interface FakeBranch {
  id: string
  name: string
  /** 0 to 100. */
  live: number
  isProtected?: boolean
  conversation_config: Json
  platform_settings: Json
  workflow?: Json
  /** How often it was changed. */
  versions: number
  procedures?: Json[]
}

export interface FakeAgent {
  name: string
  /** The first one is the main branch. */
  branches: FakeBranch[]
}

export interface FakeWorkspace {
  agents: Record<string, FakeAgent>
  settings: Json
  /** As the API lists them; `secret` and `retry_enabled` are never told. */
  webhooks: Json[]
  secrets: Array<{ id: string, name: string, value: string }>
  /** Their `tool_config`, by id. */
  tools: Record<string, Json>
  /** By id of a tool, newest first. */
  executions: Record<string, Json[]>
  /** Their `config`, by id. */
  mcpServers: Record<string, Json>
  numbers: Json[]
  /** Requests that ElevenLabs' document does not know, and what is wrong with them: a test wants none. */
  faults: string[]
  /** Every change that was asked for, in order. */
  writes: Array<{ method: string, path: string, body: Json }>
  /** Whether a map, such as placeholders of variables, is merged with the one there is. Default: it is replaced. */
  mergesMaps: boolean
  /** Paths of an agent, with dots, that a change does not keep although the answer is 200. */
  forgets: string[]
}

interface Answer {
  status: number
  body?: unknown
}

/** @param agents - names by id, each with one branch that has all the traffic */
export function fakeWorkspace (agents: Record<string, string> = {}): FakeWorkspace {
  const withBranch = Object.entries(agents).map(([id, name]) => [id, { name, branches: [fakeBranch(`${id}_main`)] }])
  return {
    agents: Object.fromEntries(withBranch),
    settings: {},
    webhooks: [],
    secrets: [],
    tools: {},
    executions: {},
    mcpServers: {},
    numbers: [],
    faults: [],
    writes: [],
    mergesMaps: false,
    forgets: []
  }
}

export function fakeBranch (id: string, name = 'Main', live = 100): FakeBranch {
  return { id, name, live, conversation_config: {}, platform_settings: {}, versions: 0 }
}

/** The answer to a request other than for conversations. Null if there is no such path. */
export function answerFrom (workspace: FakeWorkspace, method: string, url: URL, body: Json | undefined): Answer | null {
  const path = url.pathname
  const faults = requestFaults(method, url.href, body)
  if (faults.some((fault) => fault.endsWith('does not exist'))) return null
  workspace.faults.push(...faults)
  if (method !== 'GET') workspace.writes.push({ method, path: path + url.search, body })
  // What is unknown is dropped with a 200; anything else is refused.
  const sent = body === undefined ? {} : known(method, path, body) as Json
  const wrong = body === undefined ? [] : requestFaults(method, url.href, sent)
  if (wrong.length > 0) return invalid(wrong.join('; '))

  const [, , , kind = '', id = '', part, branchId, last] = path.split('/').map(decodeURIComponent)
  const query = url.searchParams
  const answer = route()
  if (answer.status !== 200 || answer.body === undefined) return answer
  return { status: 200, body: response(method, path, answer.body) }

  function route (): Answer {
    if (kind === 'settings') return settings()
    if (kind === 'webhooks') return webhooks()
    if (kind === 'secrets') return secrets()
    if (kind === 'tools') return tools()
    if (kind === 'mcp-servers') return mcpServer()
    if (kind === 'phone-numbers') return numbers()
    return id === '' ? paged(agentList(), 'agents') : agents()
  }

  function agentList (): Json[] {
    return Object.entries(workspace.agents).map(([agent, { name }]) => ({ ...SUMMARY, agent_id: agent, name }))
  }

  function agents (): Answer {
    const agent = workspace.agents[id]
    if (agent === undefined) return notFound(`Agent with id ${id} not found`)
    if (part === 'branches' && branchId !== undefined && last === 'procedures') {
      return ok({ procedures: agent.branches.find((each) => each.id === branchId)?.procedures ?? [] })
    }
    if (part === 'branches') {
      const results = agent.branches.map(({ id: branch, name, live, isProtected }) => ({
        id: branch, name, agent_id: id, description: '', created_at: 1, last_committed_at: 1, is_archived: false, current_live_percentage: live, protection_status: isProtected === true ? 'admin_perms_required' : 'writer_perms_required'
      }))
      return ok({ meta: {}, results })
    }
    const wanted = query.get('branch_id')
    const branch = wanted === null ? agent.branches[0] : agent.branches.find((each) => each.id === wanted)
    if (branch === undefined) return notFound('Branch not found')
    if (method === 'PATCH') {
      if (branch.isProtected === true) return refused(403, 'forbidden', 'The branch is protected')
      const unknown = unknownIds(sent)
      if (unknown !== null) return invalid(unknown)
      for (const part of ['conversation_config', 'platform_settings'] as const) {
        branch[part] = merged(branch[part], withoutForgotten(sent[part] ?? {}, [part]), [part])
      }
      branch.versions++
    }
    const { conversation_config: conversation, platform_settings: platform, workflow = {}, versions } = branch
    return ok({
      agent_id: id,
      name: agent.name,
      conversation_config: conversation,
      platform_settings: platform,
      workflow,
      metadata: { created_at_unix_secs: 1, updated_at_unix_secs: 1 },
      phone_numbers: workspace.numbers.filter((number) => number.assigned_agent?.agent_id === id),
      version_id: `${branch.id}_v${versions}`,
      branch_id: branch.id,
      main_branch_id: agent.branches[0]?.id
    })
  }

  function settings (): Answer {
    if (method === 'PATCH') {
      const unknown = unknownIds(sent)
      if (unknown !== null) return invalid(unknown)
      workspace.settings = { ...workspace.settings, ...sent }
    }
    return ok(workspace.settings)
  }

  function webhooks (): Answer {
    if (method === 'GET') {
      const listed = workspace.webhooks.map((webhook) => ({ ...webhook, usage: usagesOf(webhook.webhook_id) }))
      return ok({ webhooks: listed })
    }
    if (method === 'POST') {
      const { settings: { name, webhook_url: url } } = sent
      const webhook = {
        name, webhook_id: nextId('wh'), webhook_url: url, is_disabled: false, is_auto_disabled: false, created_at_unix: 1, auth_type: 'hmac', secret: `wsec_${nextId('fake')}_0123456789abcdef`, retry_enabled: false
      }
      workspace.webhooks.push(webhook)
      return ok({ webhook_id: webhook.webhook_id, webhook_secret: webhook.secret })
    }
    const webhook = workspace.webhooks.find((each) => each.webhook_id === id)
    if (webhook === undefined) return notFound('Webhook not found')
    if (method === 'DELETE') {
      if (usagesOf(id).length > 0) return inUse('webhook')
      workspace.webhooks.splice(workspace.webhooks.indexOf(webhook), 1)
    } else {
      Object.assign(webhook, sent, { is_auto_disabled: false })
    }
    return ok({ status: 'ok' })
  }

  function secrets (): Answer {
    if (id === '' && method === 'GET') {
      const none = { tools: [], agents: [], phone_numbers: [], mcp_servers: [], others: [] }
      return paged(workspace.secrets.map((secret) => ({ type: 'stored', secret_id: secret.id, name: secret.name, used_by: none })), 'secrets')
    }
    if (method === 'POST') {
      const secret = { id: nextId('secret'), name: sent.name as string, value: sent.value as string }
      workspace.secrets.push(secret)
      return ok({ type: 'stored', secret_id: secret.id, name: secret.name })
    }
    const secret = workspace.secrets.find((each) => each.id === id)
    if (secret === undefined) return notFound('Secret not found')
    if (method === 'DELETE') {
      if (JSON.stringify([workspace.agents, workspace.settings, workspace.tools]).includes(`"${id}"`)) return inUse('secret')
      workspace.secrets.splice(workspace.secrets.indexOf(secret), 1)
      return { status: 204 }
    }
    Object.assign(secret, { name: sent.name, value: sent.value })
    return ok({ type: 'stored', secret_id: id, name: secret.name })
  }

  function tools (): Answer {
    if (id === '' && method === 'GET') {
      return paged(Object.entries(workspace.tools).map(([tool, config]) => toolOf(tool, config)), 'tools')
    }
    if (method === 'POST') {
      const tool = nextId('tool')
      workspace.tools[tool] = sent.tool_config
      return ok(toolOf(tool, sent.tool_config))
    }
    if (workspace.tools[id] === undefined) return notFound('Tool not found')
    if (part === 'executions') {
      const since = Number(query.get('start_time') ?? 0)
      return paged((workspace.executions[id] ?? []).filter(({ timestamp }) => timestamp >= since), 'executions')
    }
    if (method === 'DELETE') {
      if (JSON.stringify(workspace.agents).includes(`"${id}"`)) return inUse('tool')
      delete workspace.tools[id]
      return ok({})
    }
    if (method === 'PATCH') workspace.tools[id] = sent.tool_config
    return ok(toolOf(id, workspace.tools[id]))
  }

  function mcpServer (): Answer {
    const config = workspace.mcpServers[id]
    return config === undefined ? notFound('MCP server not found') : ok({ id, config, metadata: { created_at: 1 } })
  }

  function numbers (): Answer {
    if (id === '' && method === 'GET') return ok(workspace.numbers)
    if (method === 'POST') {
      if (workspace.numbers.some((each) => each.phone_number === sent.phone_number)) {
        return refused(409, 'phone_number_exists', 'The phone number is already there')
      }
      const { phone_number: number, label, provider, agent_id: agent, sid, enable_sms: sms } = sent
      const phone = { phone_number_id: nextId('phnum'), phone_number: number, label, provider, assigned_agent: assigned(agent), sid, enable_sms: sms ?? true }
      workspace.numbers.push(phone)
      return ok({ phone_number_id: phone.phone_number_id })
    }
    const phone = workspace.numbers.find((each) => each.phone_number_id === id)
    if (phone === undefined) return notFound('Phone number not found')
    if (method === 'DELETE') {
      workspace.numbers.splice(workspace.numbers.indexOf(phone), 1)
      return ok({})
    }
    if (method === 'PATCH' && 'agent_id' in sent) phone.assigned_agent = assigned(sent.agent_id)
    return ok(phone)
  }

  function paged (entries: Json[], name: string): Answer {
    const start = Number(query.get('cursor') ?? 0)
    const end = start + Number(query.get('page_size') ?? 30)
    const hasMore = end < entries.length
    return ok({ [name]: entries.slice(start, end), has_more: hasMore, next_cursor: hasMore ? String(end) : null })
  }

  function assigned (agent: string | null | undefined): Json {
    return agent == null ? null : { agent_id: agent, agent_name: workspace.agents[agent]?.name ?? '', environment: null, branch_id: null }
  }

  function usagesOf (webhook: string): Json[] {
    const isSelected = (value: Json) => JSON.stringify(value).includes(`"post_call_webhook_id":"${webhook}"`)
    return [
      ...(isSelected(workspace.agents) ? [{ usage_type: 'ConvAI Agent Settings' }] : []),
      ...(isSelected(workspace.settings) ? [{ usage_type: 'ConvAI Settings' }] : [])
    ]
  }

  /** An id in a change that nothing here has. */
  function unknownIds (change: Json): string | null {
    const text = JSON.stringify(change)
    const webhook = /"post_call_webhook_id":"([^"]+)"/.exec(text)?.[1]
    if (webhook !== undefined && !workspace.webhooks.some((each) => each.webhook_id === webhook)) return `webhook ${webhook} not found`
    for (const [, secret] of text.matchAll(/"secret_id":"([^"]+)"/g)) {
      if (!workspace.secrets.some((each) => each.id === secret)) return `secret ${secret} not found`
    }
    for (const tool of (change.conversation_config?.agent?.prompt?.tool_ids ?? []) as string[]) {
      if (workspace.tools[tool] === undefined) return `tool ${tool} not found`
    }
    return null
  }

  /** Objects are merged, lists are replaced. */
  function merged (before: Json, change: Json, keys: string[]): Json {
    if (!isFields(before) || !isFields(change)) return change
    if (!workspace.mergesMaps && isMap(method, path, keys)) return change
    const entries = Object.entries(change).map(([key, value]) => [key, merged(before[key], value, [...keys, key])])
    return { ...before, ...Object.fromEntries(entries) }
  }

  function withoutForgotten (value: Json, keys: string[]): Json {
    if (!isFields(value)) return value
    return Object.fromEntries(Object.entries(value)
      .filter(([key]) => !workspace.forgets.includes([...keys, key].join('.')))
      .map(([key, each]) => [key, withoutForgotten(each, [...keys, key])]))
  }

  function nextId (kind: string): string {
    ids.set(workspace, (ids.get(workspace) ?? 0) + 1)
    return `${kind}_${ids.get(workspace)}`
  }
}

const ids = new WeakMap<FakeWorkspace, number>()

const ACCESS = { is_creator: true, creator_name: 'Operator', creator_email: 'operator@example.com', role: 'admin' }
const SUMMARY = { tags: [], created_at_unix_secs: 1, access_info: ACCESS }

function toolOf (id: string, config: Json): Json {
  return { id, tool_config: config, access_info: ACCESS, usage_stats: { avg_latency_secs: 0 } }
}

const ok = (body: unknown): Answer => ({ status: 200, body })
const invalid = (msg: string): Answer =>
  ({ status: 422, body: { detail: [{ loc: ['body'], msg, type: 'value_error' }] } })
const refused = (status: number, code: string, message: string): Answer =>
  ({ status, body: { detail: { status: code, message } } })
const notFound = (message: string) => refused(404, 'not_found', message)
const inUse = (what: string) => refused(409, `${what}_in_use`, `The ${what} is in use`)
