/** A language model behind an OpenAI-compatible chat completions endpoint, such as an OpenClaw gateway. */
import type { APIError, OpenAI } from 'openai'
import { withTimeLimit } from '../deadline.ts'
import { fieldsOf, isFields } from '../webhook/json-fields.ts'
import { ResponseUnreadable, boundedFetch } from './bounded-fetch.ts'
import type { LearningMessage } from './model-prompt.ts'
import { errorOfStatus, ModelAnswerUnusable, ModelMisconfigured, ModelUnavailable } from './model-errors.ts'

export interface ModelSettings {
  baseUrl: string
  /** Sent as a bearer token; undefined for an endpoint without authentication. */
  apiKey: string | undefined
  model: string
  /** For one request, up to the last byte of the response. Node waits at most five minutes for the first byte. */
  timeoutMs: number
}

export interface Model {
  /**
   * The model's answer, which may be cut off. Nothing is sent that an endpoint could link requests by, as OpenClaw does
   * by `user`.
   *
   * @throws {ModelUnavailable | ModelMisconfigured | ModelAnswerUnusable}
   * @throws the reason of `signal` once that is aborted
   */
  ask (messages: readonly LearningMessage[], signal: AbortSignal): Promise<string>
}

/**
 * The SDK is loaded with the first request, because many bridges never make one. If the endpoint refuses
 * `response_format`, the request is repeated without it. If that helps, it is never sent again.
 */
export function createModel (settings: ModelSettings, answerSchema: object): Model {
  const format = {
    type: 'json_schema',
    json_schema: { name: 'memory_changes', strict: true, schema: { ...answerSchema } }
  } as const
  let connecting: Promise<Connection> | undefined
  let acceptsFormat = true

  async function request (
    { client, APIError }: Connection, messages: readonly LearningMessage[], signal: AbortSignal
  ): Promise<unknown> {
    // No temperature, because some models refuse it. No token limit, because reasoning models refuse `max_tokens`, and
    // other endpoints do not know `max_completion_tokens`; the time is limited anyway.
    const send = (more: { response_format?: typeof format }) =>
      client.chat.completions.create({ model: settings.model, messages: [...messages], ...more }, { signal })
    if (!acceptsFormat) return await send({})
    try {
      return await send({ response_format: format })
    } catch (error) {
      if (!(error instanceof APIError && (error.status === 400 || error.status === 422))) throw error
      const completion = await send({})
      acceptsFormat = false
      return completion
    }
  }

  async function complete (messages: readonly LearningMessage[], signal: AbortSignal): Promise<unknown> {
    const connection = await (connecting ??= connect(settings))
    signal.throwIfAborted()
    // The SDK's time limit ends with the headers, and it never removes its listeners: each request gets its own signal.
    return await withTimeLimit(settings.timeoutMs, signal, async (requestSignal) => {
      try {
        return await request(connection, messages, requestSignal)
      } catch (error) {
        signal.throwIfAborted()
        if (requestSignal.aborted) throw new ModelUnavailable(`no answer within ${settings.timeoutMs} ms`)
        throw translated(error, connection)
      }
    })
  }

  return { ask: async (messages, signal) => contentOf(await complete(messages, signal)) }
}

interface Connection {
  client: OpenAI
  APIError: typeof APIError
}

/** Whatever is left out here, the SDK takes from environment variables that are meant for OpenAI. */
async function connect ({ baseUrl, apiKey }: ModelSettings): Promise<Connection> {
  const { APIError, OpenAI } = await import('openai')
  const client = new OpenAI({
    baseURL: withVersion(baseUrl),
    // The SDK requires a key, so without one the header is removed.
    apiKey: apiKey ?? 'none',
    defaultHeaders: apiKey === undefined ? { authorization: null } : {},
    organization: null,
    project: null,
    logLevel: 'off',
    maxRetries: 0,
    // The key and the call must not be sent to another address.
    fetchOptions: { redirect: 'manual' },
    fetch: boundedFetch
  })
  return { client, APIError }
}

/** Adds `/v1` unless the path has a version, such as `/v1beta/openai`. */
function withVersion (baseUrl: string): string {
  const url = baseUrl.replace(/\/+$/, '')
  return /\/v\d\w*(\/|$)/.test(url) ? url : `${url}/v1`
}

function contentOf (completion: unknown): string {
  if (!isFields(completion)) throw notAnEndpoint()
  const choices = completion['choices']
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined
  const message = fieldsOf(isFields(choice) ? choice : {}, 'message')
  const { content, refusal } = message as { content?: unknown, refusal?: unknown }
  if (typeof refusal === 'string' && refusal !== '') throw new ModelAnswerUnusable('it is a refusal')
  if (typeof content !== 'string' || content.trim() === '') throw new ModelAnswerUnusable('it is empty')
  return content
}

/** The SDK's own errors quote the endpoint's response. */
function translated (error: unknown, { APIError }: Connection): ModelUnavailable | ModelMisconfigured {
  if (error instanceof SyntaxError || isUnreadable(error)) return notAnEndpoint()
  if (error instanceof APIError && error.status !== undefined) {
    return errorOfStatus(error.status, new Headers(error.headers), new Date())
  }
  return new ModelUnavailable(`the endpoint cannot be reached (${networkCode(error)})`)
}

/** The SDK wraps what its `fetch` throws. */
function isUnreadable (error: unknown): boolean {
  if (error instanceof ResponseUnreadable) return true
  return error instanceof Error && error.cause !== undefined && isUnreadable(error.cause)
}

function notAnEndpoint (): ModelMisconfigured {
  return new ModelMisconfigured('the address is not a chat completions endpoint: check OPENCLAW_API_BASE_URL')
}

/** Such as ECONNREFUSED. `fetch` and the SDK both wrap the error that has it. */
function networkCode (error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  if ('code' in error && typeof error.code === 'string') return error.code
  return error.cause === undefined ? error.name : networkCode(error.cause)
}
