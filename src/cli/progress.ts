/** A command's progress: a bar on a terminal, a line now and then elsewhere, and nothing for short work. */
import { Presets, SingleBar } from 'cli-progress'

export interface Progress {
  /**
   * @param progress - 0 to 1
   * @param detail - a few words, such as a count
   */
  show (progress: number, detail: string): void
  /** Removes the bar and shows the cursor again. Always call it, also after an error. */
  end (): void
}

export interface ProgressParts {
  label: string
  out: NodeJS.WritableStream & { isTTY?: boolean }
  /** Monotonic milliseconds. */
  now: () => number
  /** Repeats `work` until the returned function is called. Default: a timer */
  every?: (ms: number, work: () => void) => () => void
}

/** Work that takes no longer shows no progress. */
const QUIET_MS = 2000

/** How often to look whether it is time to show something: the next step may take long. */
const LOOK_MS = 500

/** Between lines, where there is no terminal. */
const LINE_MS = 10_000

/** Of a bar. */
const STEPS = 1000

export function createProgress ({ label, out, now, every = onTimer }: ProgressParts): Progress {
  const start = now()
  let shown: { step: number, detail: string } | null = null
  let bar: SingleBar | null = null
  let lastLine = -Infinity

  function draw (): void {
    if (shown === null || now() - start < QUIET_MS) return
    const { step, detail } = shown
    if (out.isTTY === true) {
      bar ??= startBar(label, out, detail)
      bar.update(step, { detail })
    } else if (now() - lastLine >= LINE_MS) {
      lastLine = now()
      out.write(`${label}: ${Math.floor(step / STEPS * 100)} %, ${detail}\n`)
    }
  }
  const stop = every(LOOK_MS, draw)

  return {
    show (progress, detail) {
      shown = { step: Math.round(Math.min(Math.max(progress, 0), 1) * STEPS), detail }
      draw()
    },
    end () {
      stop()
      bar?.stop()
      bar = null
    }
  }
}

function onTimer (ms: number, work: () => void): () => void {
  const timer = setInterval(work, ms).unref()
  return () => clearInterval(timer)
}

/** Progress of a walk in the order of phone hashes, which are evenly distributed. Null is the end. */
export function positionOf (phoneHash: string | null): number {
  return phoneHash === null ? 1 : parseInt(phoneHash.slice(0, 8), 16) / 2 ** 32
}

function startBar (label: string, out: NodeJS.WritableStream, detail: string): SingleBar {
  const bar = new SingleBar({
    format: `${label} {bar} {percentage} % | {detail} | {eta_formatted} to go`,
    stream: out,
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    // The command handles signals itself: it has to remove temp files and free the lock.
    gracefulExit: false
  }, Presets.shades_classic)
  bar.start(STEPS, 0, { detail })
  return bar
}
