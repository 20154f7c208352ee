/**
 * Why a model gave no answer that can be used. Nobody is sent these: they end a try of a job. So they are not in the
 * catalogue, which is of answers and of starts.
 *
 * Their texts are stored and logged. They say what happened and what to do about it, and never what an endpoint answered,
 * because that may repeat the call, or the key: for the same reason there is no `cause`.
 */

/** The endpoint is not reached, busy or broken. Trying again later may help. */
export class ModelUnavailable extends Error {
  override readonly name = 'ModelUnavailable'
  /** Milliseconds from now that the endpoint asks to be left alone; null when it does not say. */
  readonly retryAfterMs: number | null

  constructor (why: string, retryAfterMs: number | null = null) {
    super(`The model is not available: ${why}`)
    this.retryAfterMs = retryAfterMs
  }
}

/** The endpoint refuses what it is sent, and will go on to until an operator changes something; the text says what. */
export class ModelMisconfigured extends Error {
  override readonly name = 'ModelMisconfigured'

  constructor (why: string) {
    super(`The model refuses to work: ${why}`)
  }
}

/** There was an answer, and nothing can be learnt from it. Another try may give another one. */
export class ModelAnswerUnusable extends Error {
  override readonly name = 'ModelAnswerUnusable'

  constructor (why: string) {
    super(`The model's answer cannot be used: ${why}`)
  }
}

/** What an HTTP status other than 2xx means. */
export function errorOfStatus (status: number, headers: Headers, now: Date): ModelUnavailable | ModelMisconfigured {
  const isPassing = status >= 500 || [408, 409, 429].includes(status)
  return isPassing
    ? new ModelUnavailable(`the endpoint answers with status ${status}`, retryAfterMs(headers, now))
    : new ModelMisconfigured(`the endpoint answers with status ${status}: ${adviceFor(status)}`)
}

function adviceFor (status: number): string {
  if (status < 400) return 'set OPENCLAW_API_BASE_URL to the address that it redirects to'
  if (status === 401 || status === 403) return 'check OPENCLAW_API_KEY'
  if (status === 404) return 'check OPENCLAW_API_BASE_URL and OPENCLAW_MODEL, and that the gateway has chat completions enabled'
  return 'check OPENCLAW_MODEL and OPENCLAW_API_BASE_URL'
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after, seconds or a date */
function retryAfterMs (headers: Headers, now: Date): number | null {
  const value = headers.get('retry-after')
  if (value === null) return null
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now.getTime()
  return Number.isFinite(ms) ? Math.max(0, ms) : null
}
