/** A command's progress: a bar on a terminal, a line now and then elsewhere, and nothing for short work. */
import { Presets, SingleBar } from 'cli-progress'

/**
 * @param progress - 0 to 1
 * @param detail - a few words, such as a count
 */
export type ShowProgress = (progress: number, detail: string) => void

export type Every = (ms: number, look: () => void) => () => void

export interface ProgressParts {
  label: string
  out: NodeJS.WritableStream & { isTTY?: boolean }
  /** Repeats `look` until the returned function is called. Default: a timer */
  every?: Every | undefined
}

/** How often to look whether there is something to show: the next step may take long. */
const LOOK_MS = 500

/** Work that takes no longer shows no progress. */
const QUIET_LOOKS = 4

/** Between lines, where there is no terminal. */
const LINE_LOOKS = 20

/** Of a bar. */
const STEPS = 1000

/** Shows how far the work is, until it ends. */
export async function withProgress<T> (
  { label, out, every = onTimer }: ProgressParts, work: (show: ShowProgress) => Promise<T>
): Promise<T> {
  let looks = 0
  let shown: { step: number, detail: string } | null = null
  const bar = new SingleBar({
    format: `${label} {bar} {percentage} % | {detail} | {eta_formatted} to go`,
    stream: out,
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    // The command handles signals itself: it has to remove temp files and free the lock.
    gracefulExit: false
  }, Presets.shades_classic)

  const stop = every(LOOK_MS, () => {
    looks++
    if (shown === null || looks < QUIET_LOOKS) return
    const { step, detail } = shown
    if (out.isTTY === true) {
      if (!bar.isActive) bar.start(STEPS, 0, { detail })
      bar.update(step, { detail })
    } else if ((looks - QUIET_LOOKS) % LINE_LOOKS === 0) {
      out.write(`${label}: ${Math.floor(step / STEPS * 100)} %, ${detail}\n`)
    }
  })
  try {
    return await work((progress, detail) => {
      shown = { step: Math.round(Math.min(Math.max(progress, 0), 1) * STEPS), detail }
    })
  } finally {
    stop()
    bar.stop()
  }
}

function onTimer (ms: number, look: () => void): () => void {
  const timer = setInterval(look, ms).unref()
  return () => clearInterval(timer)
}

/** Progress of a walk in the order of phone hashes, which are evenly distributed. Null is the end. */
export function positionOf (phoneHash: string | null): number {
  return phoneHash === null ? 1 : parseInt(phoneHash.slice(0, 8), 16) / 2 ** 32
}
