/** A language model behind an OpenAI-compatible endpoint for chat completions, such as an OpenClaw gateway. */
import type { APIError, OpenAI } from 'openai'
import { withTimeLimit } from '../deadline.ts'
import { fieldsOf, isFields } from '../webhook/json-fields.ts'
import { ResponseUnreadable, boundedFetch } from './bounded-fetch.ts'
import type { LearningMessage } from './messages.ts'
import { errorOfStatus, ModelAnswerUnusable, ModelMisconfigured, ModelUnavailable } from './model-errors.ts'

export interface ModelSettings {
  /** With or without a version, such as `/v1`, in its path. */
  baseUrl: string
  /** Sent as a bearer token; undefined for an endpoint that wants none. */
  apiKey: string | undefined
  model: string
  /** For one question, until the last byte of its answer. Node itself waits five minutes for the first byte, no longer. */
  timeoutMs: number
}

export interface Model {
  /**
   * What the model writes; it may be cut off. Each question stands alone: nothing is sent by which an endpoint could tie it
   * to another, as OpenClaw does with `user`.
   *
   * @throws {ModelUnavailable}
   * @throws {ModelMisconfigured}
   * @throws {ModelAnswerUnusable} when it refuses, or writes nothing
   * @throws the reason of `signal` once that is aborted
   */
  ask (messages: readonly LearningMessage[], signal: AbortSignal): Promise<string>
}

/**
 * The model of these settings. The SDK is loaded with the first question, because many bridges never ask one.
 *
 * An endpoint that refuses `response_format` is asked once more without it, and if that helps never with it again.
 *
 * @param answerSchema - JSON Schema that strict mode takes
 */
export function createModel (settings: ModelSettings, answerSchema: object): Model {
  const format = {
    type: 'json_schema',
    json_schema: { name: 'memory_changes', strict: true, schema: { ...answerSchema } }
  } as const
  let connecting: Promise<Connection> | undefined
  let takesFormat = true

  async function request ({ client, APIError }: Connection, messages: readonly LearningMessage[], signal: AbortSignal): Promise<unknown> {
    // No temperature, which some models refuse, and no limit of tokens: reasoning models refuse `max_tokens`, other endpoints
    // do not know `max_completion_tokens`, and the time is limited anyway.
    const send = (more: { response_format?: typeof format }) =>
      client.chat.completions.create({ model: settings.model, messages: [...messages], ...more }, { signal })
    if (!takesFormat) return await send({})
    try {
      return await send({ response_format: format })
    } catch (error) {
      if (!(error instanceof APIError && (error.status === 400 || error.status === 422))) throw error
      const completion = await send({})
      takesFormat = false
      return completion
    }
  }

  async function complete (messages: readonly LearningMessage[], signal: AbortSignal): Promise<unknown> {
    const connection = await (connecting ??= connect(settings))
    signal.throwIfAborted()
    // The SDK's own time limit ends with the headers, and it leaves its listeners on a signal: so each question has its own.
    return await withTimeLimit(settings.timeoutMs, signal, async (question) => {
      try {
        return await request(connection, messages, question)
      } catch (error) {
        signal.throwIfAborted()
        if (question.aborted) throw new ModelUnavailable(`no answer within ${settings.timeoutMs} ms`)
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

/** What is null or off here, and the key, would otherwise come from variables of the environment that are meant for OpenAI. */
async function connect ({ baseUrl, apiKey }: ModelSettings): Promise<Connection> {
  const { APIError, OpenAI } = await import('openai')
  const client = new OpenAI({
    baseURL: withVersion(baseUrl),
    // The SDK does not start without a key; an endpoint that wants none is sent none.
    apiKey: apiKey ?? 'none',
    defaultHeaders: apiKey === undefined ? { authorization: null } : {},
    organization: null,
    project: null,
    logLevel: 'off',
    // Jobs are tried again, by the queue.
    maxRetries: 0,
    // The key and the call go to that address and to no other.
    fetchOptions: { redirect: 'manual' },
    fetch: boundedFetch
  })
  return { client, APIError }
}

/** Paths of other endpoints have versions such as `/v1beta/openai`; those stay as they are. */
function withVersion (baseUrl: string): string {
  const url = baseUrl.replace(/\/+$/, '')
  return /\/v\d\w*(\/|$)/.test(url) ? url : `${url}/v1`
}

/** @param completion - whatever JSON, or other text, the endpoint answered */
function contentOf (completion: unknown): string {
  if (!isFields(completion)) throw notAnEndpoint()
  const choices = completion['choices']
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined
  const { content, refusal } = fieldsOf(isFields(choice) ? choice : {}, 'message') as { content?: unknown, refusal?: unknown }
  if (typeof refusal === 'string' && refusal !== '') throw new ModelAnswerUnusable('it refuses to answer')
  if (typeof content !== 'string' || content.trim() === '') throw new ModelAnswerUnusable('it is empty')
  return content
}

/** The SDK's own errors repeat what the endpoint answered. */
function translated (error: unknown, { APIError }: Connection): ModelUnavailable | ModelMisconfigured {
  if (error instanceof SyntaxError || isUnreadable(error)) return notAnEndpoint()
  if (error instanceof APIError && error.status !== undefined) return errorOfStatus(error.status, new Headers(error.headers), new Date())
  return new ModelUnavailable(`the endpoint is not reached (${networkCode(error)})`)
}

/** The SDK wraps what its `fetch` throws. */
function isUnreadable (error: unknown): boolean {
  return error instanceof ResponseUnreadable || (error instanceof Error && error.cause !== undefined && isUnreadable(error.cause))
}

function notAnEndpoint (): ModelMisconfigured {
  return new ModelMisconfigured('what answers is no endpoint for chat completions: check OPENCLAW_API_BASE_URL')
}

/** Such as ECONNREFUSED: fetch and the SDK both wrap the error that has it. */
function networkCode (error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.cause === undefined ? error.name : networkCode(error.cause)
}
