/** A language model behind an OpenAI-compatible chat completions endpoint. */
import { fieldsOf, isFields } from '../json.ts'
import { askModelApi, type ModelApi } from '../model-api.ts'
import type { LearningMessage } from './model-prompt.ts'
import { errorOfStatus, ModelAnswerUnusable, ModelMisconfigured, ModelUnavailable } from './model-errors.ts'

export interface ModelSettings extends ModelApi {
  model: string
  /** For one question, up to the last byte of the answer. Node waits at most five minutes for the first byte. */
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
 * If the endpoint refuses `response_format`, the request is repeated without it. If that helps, it is never sent again.
 */
export function createModel (settings: ModelSettings, answerSchema: object): Model {
  const { model, timeoutMs } = settings
  const format = {
    type: 'json_schema',
    json_schema: { name: 'memory_changes', strict: true, schema: answerSchema }
  }
  let acceptsFormat = true

  async function request (messages: readonly LearningMessage[], signal: AbortSignal) {
    const startedAt = performance.now()
    // No temperature, because some models refuse it. No token limit, because reasoning models refuse `max_tokens`, and
    // other endpoints do not know `max_completion_tokens`; the time is limited anyway.
    const send = (responseMs: number, more: { response_format?: object }) =>
      askModelApi(settings, '/chat/completions', {
        body: { model, messages, ...more }, maxBytes: MAX_RESPONSE_BYTES, responseMs, signal
      })
    if (!acceptsFormat) return await send(timeoutMs, {})
    const response = await send(timeoutMs, { response_format: format })
    if (!('status' in response && [400, 422].includes(response.status))) return response
    const leftMs = Math.max(0, Math.round(startedAt + timeoutMs - performance.now()))
    const repeated = await send(leftMs, {})
    if ('status' in repeated && isSuccess(repeated.status)) acceptsFormat = false
    return repeated
  }

  return {
    async ask (messages, signal) {
      const response = await request(messages, signal)
      if ('fault' in response) throw new ModelUnavailable(response.fault)
      if (!isSuccess(response.status)) throw errorOfStatus(response.status, response.retryAfterMs)
      return contentOf(response.body)
    }
  }
}

function isSuccess (status: number): boolean {
  return status >= 200 && status < 300
}

function contentOf (completion: unknown): string {
  if (!isFields(completion)) {
    throw new ModelMisconfigured('the address is not a chat completions endpoint: check OPENCLAW_API_BASE_URL')
  }
  const choices = completion['choices']
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined
  const message = fieldsOf(isFields(choice) ? choice : {}, 'message')
  const { content, refusal } = message as { content?: unknown, refusal?: unknown }
  if (typeof refusal === 'string' && refusal !== '') throw new ModelAnswerUnusable('it is a refusal')
  if (typeof content !== 'string' || content.trim() === '') throw new ModelAnswerUnusable('it is empty')
  return content
}
