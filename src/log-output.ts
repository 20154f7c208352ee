/** Standard output as the place for the log: a pipe that is full, or broken, holds up and ends nothing. */
import type { Writable } from 'node:stream'
import { withDeadline } from './deadline.ts'

/** Bytes of lines that wait for the output to take them. */
const MAX_BACKLOG = 1024 * 1024

/** How long a stop waits for the last lines to go out. */
const LAST_LINES_MS = 1000

export interface LogOutput {
  /** Takes a line; drops it while a megabyte waits already. Never throws, never waits. */
  write: (line: string) => void
  /** Resolves when every line is out, or after a second. */
  flush: () => Promise<void>
}

/**
 * A log's way to `output`. A pipe takes what it has room for at once and the rest later, whatever its reader does.
 *
 * @see https://nodejs.org/api/process.html#a-note-on-process-io a file or terminal is written in the calling thread
 */
export function logOutput (output: Writable): LogOutput {
  output.on('error', () => { /* there is nowhere left to tell */ })
  return {
    write: (line) => {
      if (output.writableLength < MAX_BACKLOG) output.write(line)
    },
    flush: () => {
      if (output.writableLength === 0) return Promise.resolve()
      const out = new Promise<void>((resolve) => output.write('', () => resolve()))
      return withDeadline(out, LAST_LINES_MS, () => {})
    }
  }
}
