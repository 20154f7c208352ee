/** How far a command has come: a bar on a terminal, now and then a line elsewhere, nothing for what is done quickly. */
import { Presets, SingleBar } from 'cli-progress'

export interface Progress {
  /**
   * @param part - 0 to 1
   * @param detail - a few words, such as a count
   */
  progress (part: number, detail: string): void
  /** Takes the bar away; to be called whatever happens. */
  end (): void
}

export interface ProgressParts {
  label: string
  /** A bar needs a terminal. */
  out: NodeJS.WritableStream & { isTTY?: boolean }
  /** Milliseconds of any clock that does not go back. */
  now: () => number
}

/** What takes no longer needs no progress. */
const QUIET_MS = 2000

/** Between two lines where there is no terminal. */
const LINE_MS = 10_000

/** Steps of a bar. */
const STEPS = 1000

export function createProgress ({ label, out, now }: ProgressParts): Progress {
  const start = now()
  let bar: SingleBar | null = null
  let lastLine = start

  return {
    progress (part, detail) {
      const time = now()
      if (time - start < QUIET_MS) return
      const step = Math.round(Math.min(Math.max(part, 0), 1) * STEPS)
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

/** How far a walk by phone hash has come: they are evenly spread, so their first 32 bits tell. */
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
    // Signals are the command's: it has files to take back and a lock to let go of.
    gracefulExit: false
  }, Presets.shades_classic)
  bar.start(STEPS, 0, { detail })
  return bar
}
