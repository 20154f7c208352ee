/**
 * These errors end a try of a job. They are not in the error catalogue, because no client gets them. Their messages are
 * stored and logged, so they never quote the endpoint's response, which may repeat the call or the key, and they have
 * no `cause`.
 */

/** The endpoint cannot be reached, is busy or is broken. A later try may succeed. */
export class ModelUnavailable extends Error {
  override readonly name = 'ModelUnavailable'
  /** Milliseconds from now for which the endpoint asks to wait, or null. */
  readonly retryAfterMs: number | null

  constructor (why: string, retryAfterMs: number | null = null) {
    super(`The model is not available: ${why}`)
    this.retryAfterMs = retryAfterMs
  }
}

/** The endpoint refuses all requests until the operator changes something. The message says what. */
export class ModelMisconfigured extends Error {
  override readonly name = 'ModelMisconfigured'

  constructor (why: string) {
    super(`The model cannot be used: ${why}`)
  }
}

/** The model answered, but nothing can be learnt from it. Another try may give a better answer. */
export class ModelAnswerUnusable extends Error {
  override readonly name = 'ModelAnswerUnusable'

  constructor (why: string) {
    super(`The model's answer cannot be used: ${why}`)
  }
}

export function errorOfStatus (status: number, retryAfterMs: number | null): ModelUnavailable | ModelMisconfigured {
  const isTemporary = status >= 500 || [408, 409, 429].includes(status)
  return isTemporary
    ? new ModelUnavailable(`the endpoint responded with status ${status}`, retryAfterMs)
    : new ModelMisconfigured(`the endpoint responded with status ${status}: ${adviceFor(status)}`)
}

function adviceFor (status: number): string {
  if (status < 400) return 'set OPENCLAW_API_BASE_URL to the address that it redirects to'
  if (status === 401 || status === 403) return 'check OPENCLAW_API_KEY'
  if (status === 404) {
    return 'check OPENCLAW_API_BASE_URL and OPENCLAW_MODEL, and that the gateway has chat completions enabled'
  }
  return 'check OPENCLAW_MODEL and OPENCLAW_API_BASE_URL'
}
