/** Pauses requests to an endpoint that cannot be reached, then lets one request at a time try. */

/** `half-open`: the pause is over, and the next request decides. */
type CircuitState = 'closed' | 'open' | 'half-open'

export interface CircuitBreakerParts {
  now: () => Date
  /** Whether the request reached the endpoint, according to its error; null if the error does not say. */
  wasReached: (error: unknown) => boolean | null
  /** Called once when requests pause. */
  onOpen: () => void
  /** Called once when requests resume. */
  onClose: () => void
}

/** In a row. */
export const MAX_FAILURES = 3

/** Each failed try doubles the pause. */
export const FIRST_PAUSE_MS = 30_000
export const MAX_PAUSE_MS = 5 * 60_000

/** When to ask again while another request tries. */
const TRY_LOOK_MS = 10_000

/** The request was not made. */
export class CircuitOpen extends Error {
  override readonly name = 'CircuitOpen'
  /** ISO 8601. */
  readonly until: string

  constructor (until: string) {
    super(`Requests to this endpoint are paused until ${until}`)
    this.until = until
  }
}

export function createCircuitBreaker ({ now, wasReached, onOpen, onClose }: CircuitBreakerParts) {
  let failures = 0
  let pauseMs = FIRST_PAUSE_MS
  /** Milliseconds since 1970; null while closed. */
  let openUntil: number | null = null
  let isTrying = false
  let failingSince: string | null = null

  const isPauseOver = () => openUntil !== null && now().getTime() >= openUntil
  const state = (): CircuitState => openUntil === null ? 'closed' : isPauseOver() ? 'half-open' : 'open'

  /** When to try again, ISO 8601; null if a request may be made now. */
  function heldUntil (): string | null {
    if (openUntil === null || (isPauseOver() && !isTrying)) return null
    return new Date(isPauseOver() ? now().getTime() + TRY_LOOK_MS : openUntil).toISOString()
  }

  function reached (): void {
    const wasClosed = openUntil === null
    failures = 0
    pauseMs = FIRST_PAUSE_MS
    openUntil = null
    if (!wasClosed) onClose()
  }

  function notReached (isTry: boolean): void {
    if (openUntil === null) {
      if (++failures < MAX_FAILURES) return
      openUntil = now().getTime() + pauseMs
      onOpen()
    } else if (isTry) {
      pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)
      openUntil = now().getTime() + pauseMs
    }
    // Otherwise the request was already in progress when the circuit opened, and says nothing new.
  }

  return {
    state,
    heldUntil,
    /** `failing_since`: when a request first failed since one worked, ISO 8601; null while requests work. */
    health: () => ({ circuit: state(), failing_since: failingSince }),
    /** Ends the pause: the next request decides. */
    endPause (): void {
      if (openUntil !== null) openUntil = Math.min(openUntil, now().getTime())
    },
    /** @throws {CircuitOpen} the request was not made @throws what `request` throws */
    async run<T> (request: () => Promise<T>): Promise<T> {
      const until = heldUntil()
      if (until !== null) throw new CircuitOpen(until)
      const isTry = openUntil !== null
      isTrying ||= isTry
      try {
        const result = await request()
        failingSince = null
        reached()
        return result
      } catch (error) {
        failingSince ??= now().toISOString()
        const verdict = wasReached(error)
        if (verdict === true) reached()
        else if (verdict === false) notReached(isTry)
        throw error
      } finally {
        if (isTry) isTrying = false
      }
    }
  }
}
