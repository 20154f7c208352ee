/** A language model behind an OpenAI-compatible chat completions endpoint, such as an OpenClaw gateway. */
import { withTimeLimit } from '../time.ts'
import { boundedFetch, describeFault, retryAfterMs, withoutTrailingSlashes } from '../http-client.ts'
import { fieldsOf, isFields } from '../json.ts'
import type { LearningMessage } from './model-prompt.ts'
import { errorOfStatus, ModelAnswerUnusable, ModelMisconfigured, ModelUnavailable } from './model-errors.ts'

export interface ModelSettings {
  /** Can be undefined where no model is asked. */
  baseUrl: string | undefined
  /** Sent as a bearer token; undefined for an endpoint without authentication. */
  apiKey: string | undefined
  model: string
  /** For one request, up to the last byte of the response. Node waits at most five minutes for the first byte. */
  timeoutMs: number
}

/** After decompression: four times the text that is read of a model's answer. */
const MAX_RESPONSE_BYTES = 1024 * 1024

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
        throw translated(requestSignal.aborted ? requestSignal.reason : error, connection)
      }
    })
  }

  return { ask: async (messages, signal) => contentOf(await complete(messages, signal)) }
}

type Connection = Awaited<ReturnType<typeof connect>>

/** Whatever is left out here, the SDK takes from environment variables that are meant for OpenAI. */
async function connect ({ baseUrl, apiKey }: ModelSettings) {
  if (baseUrl === undefined) throw new TypeError('there is no address of a model')
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
    fetch: boundedFetch(MAX_RESPONSE_BYTES)
  })
  return { client, APIError }
}

/** Adds `/v1` unless the path has a version, such as `/v1beta/openai`. */
export function withVersion (baseUrl: string): string {
  const url = withoutTrailingSlashes(baseUrl)
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
  if (error instanceof SyntaxError) return notAnEndpoint()
  if (error instanceof APIError && error.status !== undefined) {
    return errorOfStatus(error.status, retryAfterMs(new Headers(error.headers), new Date()))
  }
  return new ModelUnavailable(describeFault(error))
}

function notAnEndpoint (): ModelMisconfigured {
  return new ModelMisconfigured('the address is not a chat completions endpoint: check OPENCLAW_API_BASE_URL')
}
