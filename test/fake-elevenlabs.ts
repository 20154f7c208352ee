/**
 * ElevenLabs on a loopback port: conversations (lists of calls, newest first and with cursors, and single ones), and a
 * workspace that keeps its state.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'
import type { ElevenLabsContext } from '../src/elevenlabs/ask.ts'
import { answerFrom, fakeWorkspace, type FakeWorkspace } from './fake-workspace.ts'
import { DANA, transcription, type Json } from './fixtures/webhooks.ts'
import { AGENT } from './helper.ts'

export const ELEVENLABS_KEY = 'an-elevenlabs-key-for-tests'

export interface FakeCall {
  id: string
  /** Unix seconds. */
  startedAt: number
  /** Default: ours. */
  agent?: string
  /** Default: done. */
  status?: string
  /** Default: Dana. */
  caller?: string
  /** Changes the conversation, which is like the one in the post-call fixture. */
  change?: (data: Json) => void
  /** In the list, and gone when it is asked for. */
  isGone?: boolean
}

/** What is answered in place of what would be; an `Infinity` of milliseconds is no answer at all. */
export interface FakeAnswer {
  status?: number
  headers?: Record<string, string>
  body?: string | Buffer
  afterMs?: number
  /** The body is not whole: the connection ends behind it, or nothing more comes. */
  breaks?: 'cut' | 'stuck'
}

export interface FakeElevenLabs {
  url: string
  /** Asks it with the right key, and waits for no time. */
  context: ElevenLabsContext
  /** Can be added to. */
  calls: FakeCall[]
  /** Everything but conversations. Can be changed as if in the dashboard. */
  workspace: FakeWorkspace
  /** What was asked for: `list agent_0001`, `get conv_1`, otherwise `PATCH /v1/convai/settings`; in order. */
  asked: string[]
  /** Query strings of the lists, in order. */
  queries: URLSearchParams[]
  /** Keys that came along, once each. */
  keys: Set<unknown>
  /** Answers in place of the API, when it gives something. */
  instead: (asked: string) => FakeAnswer | null | undefined
}

export async function fakeElevenLabs (t: Pick<Test, 'teardown'>, calls: FakeCall[] = []): Promise<FakeElevenLabs> {
  const server = createServer((request, response) => {
    const address = new URL(request.url ?? '', fake.url)
    const { pathname, searchParams } = address
    const id = /^\/v1\/convai\/conversations\/([^/]+)$/.exec(pathname)?.[1]
    const isList = pathname === '/v1/convai/conversations'
    const asked = isList ? `list ${searchParams.get('agent_id')}` : id === undefined ? `${request.method} ${pathname}` : `get ${decodeURIComponent(id)}`
    const key = request.headers['xi-api-key']
    fake.asked.push(asked)
    fake.keys.add(key)
    if (isList) fake.queries.push(searchParams)

    const other = fake.instead(asked)
    if (other != null) send(response, other)
    else if (key !== ELEVENLABS_KEY) send(response, json(401, { detail: { status: 'invalid_api_key' } }))
    else if (isList) send(response, listOf(fake.calls, searchParams))
    else if (id === undefined) bodyOf(request).then((body) => send(response, manage(fake.workspace, request.method ?? '', address, body)), () => response.destroy())
    else conversation(fake.calls.find((call) => call.id === asked.slice('get '.length))).then((answer) => send(response, answer), () => response.destroy())
  }).listen(0, '127.0.0.1')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const config = { ELEVENLABS_API_BASE_URL: url, ELEVENLABS_API_KEY: ELEVENLABS_KEY }
  const fake: FakeElevenLabs = {
    url, context: { config, wait: async () => {} }, calls, asked: [], queries: [], keys: new Set(), instead: () => null, workspace: fakeWorkspace({ [AGENT]: 'Front desk' })
  }
  return fake
}

function send (response: ServerResponse, { status = 200, headers = {}, body = '', afterMs = 0, breaks }: FakeAnswer): void {
  const answer = () => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    if (breaks === undefined) response.end(body)
    else response.write(body, () => { if (breaks === 'cut') response.destroy() })
  }
  if (afterMs === 0) answer()
  else if (afterMs !== Infinity) setTimeout(answer, afterMs)
}

function json (status: number, body: object): FakeAnswer {
  return { status, body: JSON.stringify(body) }
}

async function bodyOf (request: IncomingMessage): Promise<Json | undefined> {
  const body = await text(request)
  return body === '' ? undefined : JSON.parse(body)
}

function manage (workspace: FakeWorkspace, method: string, url: URL, body: Json | undefined): FakeAnswer {
  const { status, body: answer } = answerFrom(workspace, method, url, body) ?? { status: 404, body: { detail: 'Not Found' } }
  return answer === undefined ? { status } : json(status, answer as object)
}

/** A cursor names the last call of the page before. */
function listOf (calls: FakeCall[], query: URLSearchParams): FakeAnswer {
  const cursor = query.get('cursor')
  const newestFirst = calls
    .filter(({ agent = AGENT, startedAt }) => agent === query.get('agent_id') && startedAt > Number(query.get('call_start_after_unix')))
    .toSorted((a, b) => b.startedAt - a.startedAt)
  const last = cursor === null ? -1 : newestFirst.findIndex(({ id }) => cursor === `after-${id}`)
  if (cursor !== null && last === -1) return json(422, { detail: [{ msg: 'Invalid cursor' }] })
  const page = newestFirst.slice(last + 1, last + 1 + Number(query.get('page_size')))
  const hasMore = newestFirst.length > last + 1 + page.length
  return json(200, {
    conversations: page.map(({ id, agent = AGENT, startedAt, status = 'done' }) => ({
      agent_id: agent, agent_name: 'Front desk', conversation_id: id, start_time_unix_secs: startedAt, call_duration_secs: 42, message_count: 3, status, call_successful: 'success'
    })),
    has_more: hasMore,
    next_cursor: hasMore ? `after-${page.at(-1)?.id}` : null
  })
}

async function conversation (call: FakeCall | undefined): Promise<FakeAnswer> {
  if (call === undefined || call.isGone === true) return json(404, { detail: { status: 'conversation_not_found' } })
  const { id, agent = AGENT, startedAt, status = 'done', caller = DANA, change = () => {} } = call
  const { data } = await transcription((data) => {
    Object.assign(data, { agent_id: agent, conversation_id: id, status })
    Object.assign(data.metadata, { start_time_unix_secs: startedAt })
    Object.assign(data.metadata.phone_call, { external_number: caller, call_sid: `CA_${id}` })
    Object.assign(data.analysis, { transcript_summary: `Summary of ${id}.` })
    change(data)
  })
  return json(200, data)
}
