/** An OpenAI-compatible endpoint that answers what a test says, over real HTTP. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'

/** One answer; `delayMs` before it begins. */
export type Reply = { delayMs?: number } & (
  /** The model writes this as JSON. */
  | { answer: object }
  /** The model writes this text. */
  | { text: string }
  /** The model writes the first half of this as JSON, and has come to its limit of tokens. */
  | { cutOff: object }
  /** The model refuses, with these words. */
  | { refusal: string }
  /** The endpoint answers so itself. */
  | { status: number, headers?: Record<string, string>, body?: string | object }
  /** The connection is reset without an answer. */
  | { reset: true }
  /** An answer begins, and never ends. */
  | { stall: true }
)

/** What was asked. */
export interface ModelRequest {
  method: string
  path: string
  headers: IncomingHttpHeaders
  /** Parsed JSON. */
  body: Record<string, unknown>
}

/** Replies in order, after which every request is answered 500; or what to reply to the request with this index. */
export type Script = Reply[] | ((request: ModelRequest, index: number) => Reply)

/** Until the test ends. Requests for anything but POST /v1/chat/completions are answered 404, outside of the script. */
export async function startModel (t: Test, script: Script) {
  /** In the order in which they came, those outside of the script among them. */
  const requests: ModelRequest[] = []
  const replyTo = typeof script === 'function'
    ? script
    : (_request: ModelRequest, index: number) => script[index] ?? { status: 500, body: 'the script is over' }
  let index = 0

  const server = createServer(async (request, response) => {
    const asked = await requestOf(request)
    requests.push(asked)
    const isKnown = asked.method === 'POST' && asked.path === '/v1/chat/completions'
    await send(response, isKnown ? replyTo(asked, index++) : { status: 404, body: { error: { message: 'no such route' } } })
  })
  t.teardown(() => { server.closeAllConnections(); server.close() })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

/** A chat completion in which the model wrote `content`. */
export function completion (content: string | null, more: { refusal?: string, finish?: string } = {}): object {
  return {
    id: 'chatcmpl-0001',
    object: 'chat.completion',
    created: 1_795_000_000,
    model: 'scripted',
    choices: [{ index: 0, message: { role: 'assistant', content, refusal: more.refusal ?? null }, finish_reason: more.finish ?? 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
  }
}

async function send (response: ServerResponse, reply: Reply): Promise<void> {
  await sleep(reply.delayMs ?? 0, undefined, { ref: false })
  if ('reset' in reply) response.socket?.resetAndDestroy()
  else if ('stall' in reply) response.writeHead(200, { 'content-type': 'application/json' }).write('{"choices":[')
  else if ('status' in reply) sendBody(response, reply.status, reply.body ?? '', reply.headers)
  else sendBody(response, 200, completionOf(reply))
}

type Completion = Extract<Reply, { answer: object } | { text: string } | { cutOff: object } | { refusal: string }>

function completionOf (reply: Completion): object {
  if ('answer' in reply) return completion(JSON.stringify(reply.answer))
  if ('text' in reply) return completion(reply.text)
  if ('refusal' in reply) return completion(null, { refusal: reply.refusal })
  const json = JSON.stringify(reply.cutOff)
  return completion(json.slice(0, json.length / 2), { finish: 'length' })
}

function sendBody (
  response: ServerResponse,
  status: number,
  body: string | object,
  headers: Record<string, string> = {}
): void {
  const type = typeof body === 'string' ? 'text/plain' : 'application/json'
  response.writeHead(status, { 'content-type': type, ...headers }).end(typeof body === 'string' ? body : JSON.stringify(body))
}

async function requestOf (request: IncomingMessage): Promise<ModelRequest> {
  let text = ''
  for await (const chunk of request) text += chunk
  return { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body: text === '' ? {} : JSON.parse(text) }
}
