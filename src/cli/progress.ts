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
}

/** Work that takes no longer shows no progress. */
const QUIET_MS = 2000

/** Between lines, where there is no terminal. */
const LINE_MS = 10_000

/** Of a bar. */
const STEPS = 1000

export function createProgress ({ label, out, now }: ProgressParts): Progress {
  const start = now()
  let bar: SingleBar | null = null
  let lastLine = start

  return {
    show (progress, detail) {
      const time = now()
      if (time - start < QUIET_MS) return
      const step = Math.round(Math.min(Math.max(progress, 0), 1) * STEPS)
      if (out.isTTY === true) {
        bar ??= startBar(label, out, detail)
        bar.update(step, { detail })
      } else if (time - lastLine >= LINE_MS) {
        lastLine = time
        out.write(`${label}: ${Math.floor(step / STEPS * 100)} %, ${detail}\n`)
      }
    },
    end () {
      bar?.stop()
      bar = null
    }
  }
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
