/** Leaves an endpoint alone that cannot be reached, and lets one request at a time find out whether it can again. */

/** `half-open`: the pause is over, and the next request decides. */
export type CircuitState = 'closed' | 'open' | 'half-open'

export interface CircuitBreakerParts {
  now: () => Date
  /** Whether the endpoint was reached when a request ended with this error; null when the error does not say. */
  wasReached: (error: unknown) => boolean | null
  /** Called when requests stop; not again while they stay stopped. */
  onOpen: () => void
  /** Called when they go on. */
  onClose: () => void
}

export interface CircuitBreaker {
  state (): CircuitState
  /** When it is worth asking again, ISO 8601; null when a request may go now. */
  heldUntil (): string | null
  /** Ends the pause of an open circuit: the next request decides. */
  endPause (): void
  /**
   * What `request` gives or throws.
   *
   * @throws {CircuitOpen} the request was not made
   */
  run<T> (request: () => Promise<T>): Promise<T>
}

/** Failures in a row that open a closed circuit. */
export const MAX_FAILURES = 3

/** How long it stays open, in milliseconds: the first time, and at most. Each failed try doubles the pause. */
export const FIRST_PAUSE_MS = 30_000
export const MAX_PAUSE_MS = 5 * 60_000

/** How soon to look again while another request is the try, in milliseconds. */
const TRY_LOOK_MS = 10_000

/** A request that was not made, because the endpoint is being left alone. */
export class CircuitOpen extends Error {
  override readonly name = 'CircuitOpen'
  /** ISO 8601. */
  readonly until: string

  constructor (until: string) {
    super(`The endpoint is left alone until ${until}`)
    this.until = until
  }
}

/** A closed circuit. */
export function createCircuitBreaker ({ now, wasReached, onOpen, onClose }: CircuitBreakerParts): CircuitBreaker {
  let failures = 0
  let pauseMs = FIRST_PAUSE_MS
  /** Milliseconds since 1970; null while closed. */
  let openUntil: number | null = null
  let isTrying = false

  const isPauseOver = () => openUntil !== null && now().getTime() >= openUntil
  const state = (): CircuitState => openUntil === null ? 'closed' : isPauseOver() ? 'half-open' : 'open'

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
    // Else it was under way when the circuit opened, and says nothing new.
  }

  return {
    state,
    heldUntil,
    endPause () {
      if (openUntil !== null) openUntil = Math.min(openUntil, now().getTime())
    },
    async run (request) {
      const until = heldUntil()
      if (until !== null) throw new CircuitOpen(until)
      const isTry = openUntil !== null
      isTrying ||= isTry
      try {
        const result = await request()
        reached()
        return result
      } catch (error) {
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
