/**
 * The few places for large bodies. Only the end of a body shows whether its signature is right, so strangers could keep
 * all places by sending slowly: when others wait, the slowest body loses its place.
 */

export interface LargeBody {
  /** How long its first part took, in milliseconds: of those that wait, the fastest and the longest waiting go by turns. */
  firstPartMs: number
  bytesRead (): number
  /** Whether all of it has come: then it keeps its place, because its memory is still in use. */
  isWhole (): boolean
  /** Stops reading it. */
  giveUp (): void
}

export interface LargeBodies {
  /** Resolves once the body has a place. */
  takeSlot (body: LargeBody): Promise<void>
  /** Frees the place, or ends the wait for one. */
  leave (body: LargeBody): void
}

export interface LargeBodiesOptions {
  slots: number
  /** Milliseconds of a clock that does not go back. Default: the process's. */
  now?: (() => number) | undefined
  /** Does something after so many milliseconds. Default: a timer that keeps no process alive. */
  later?: ((work: () => void, ms: number) => void) | undefined
}

/** How long a body keeps its place at least, in milliseconds. */
const GRACE_MS = 500

/** How often is looked for a place while bodies wait, in milliseconds. */
const LOOK_MS = 100

export function createLargeBodies ({ slots, now = () => performance.now(), later = onTimer }: LargeBodiesOptions): LargeBodies {
  /** What each body had read, and when, as it took its place. */
  const holding = new Map<LargeBody, { bytes: number, at: number }>()
  const waiting = new Map<LargeBody, () => void>()
  let isLooking = false
  let isFastestNext = false

  function fill (): void {
    while (holding.size < slots && waiting.size > 0) {
      // By turns: who was fast so far, and who has waited longest.
      isFastestNext = !isFastestNext
      const [longest] = waiting.keys()
      const next = isFastestNext ? [...waiting.keys()].reduce((best, body) => body.firstPartMs < best.firstPartMs ? body : best) : longest!
      const start = waiting.get(next)!
      waiting.delete(next)
      holding.set(next, { bytes: next.bytesRead(), at: now() })
      start()
    }
    if (waiting.size > 0) look()
  }

  function look (): void {
    if (isLooking) return
    isLooking = true
    later(() => {
      isLooking = false
      const slowest = [...holding]
        .filter(([body, { at }]) => !body.isWhole() && now() - at >= GRACE_MS)
        .map(([body, { bytes, at }]) => ({ body, bytesPerMs: (body.bytesRead() - bytes) / (now() - at) }))
        .sort((a, b) => a.bytesPerMs - b.bytesPerMs)
        .slice(0, waiting.size)
      for (const { body } of slowest) {
        holding.delete(body)
        body.giveUp()
      }
      fill()
    }, LOOK_MS)
  }

  return {
    takeSlot: (body) => new Promise((resolve) => {
      waiting.set(body, resolve)
      fill()
    }),
    leave (body) {
      waiting.delete(body)
      holding.delete(body)
      fill()
    }
  }
}

function onTimer (work: () => void, ms: number): void {
  setTimeout(work, ms).unref()
}
