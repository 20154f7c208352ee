/**
 * The few slots for large bodies. A signature can only be checked at the end of a body, so strangers could hold all
 * slots by sending slowly. Therefore, while other bodies wait, the slowest body loses its slot.
 */

export interface LargeBody {
  /** How long the part before the wait took: a sign of a fast sender. */
  firstPartMs: number
  bytesRead (): number
  /** A body that has arrived in full keeps its slot, because its memory is still in use. */
  isWhole (): boolean
  /** Stops reading the body. */
  giveUp (): void
}

/** A body keeps its slot for at least this time. */
const GRACE_MS = 500

/** How often a slow body is looked for while others wait. */
const LOOK_MS = 100

/**
 * @param now - monotonic milliseconds
 * @param later - default: a timer that does not keep the process alive
 */
export function createLargeBodies (slots: number, now = () => performance.now(), later = onTimer) {
  /** What each body had read, and when, as it got its slot. */
  const holding = new Map<LargeBody, { bytes: number, at: number }>()
  const waiting = new Map<LargeBody, () => void>()
  let isLooking = false
  let isFastestNext = false

  function fill (): void {
    while (holding.size < slots && waiting.size > 0) {
      // Alternates between the fastest sender and the one that has waited longest.
      isFastestNext = !isFastestNext
      const [longest] = waiting.keys()
      const next = isFastestNext ? fastest(waiting.keys()) : longest!
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
    /** Resolves once the body has a slot. */
    takeSlot: (body: LargeBody) => new Promise<void>((resolve) => {
      waiting.set(body, resolve)
      fill()
    }),
    /** Frees the slot, or ends the wait for one. */
    leave (body: LargeBody): void {
      waiting.delete(body)
      holding.delete(body)
      fill()
    }
  }
}

function fastest (bodies: Iterable<LargeBody>): LargeBody {
  return [...bodies].reduce((best, body) => body.firstPartMs < best.firstPartMs ? body : best)
}

function onTimer (work: () => void, ms: number): void {
  setTimeout(work, ms).unref()
}
