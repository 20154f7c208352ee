/** Writes the log to standard output. A full or broken pipe neither blocks nor ends the bridge. */
import type { Writable } from 'node:stream'
import { withDeadline } from './deadline.ts'

const MAX_BACKLOG_BYTES = 1024 * 1024

/** For the last lines when the bridge stops. */
const FLUSH_MS = 1000

export interface LogOutput {
  /** Drops the line while a megabyte is waiting. Never throws or waits. */
  write: (line: string) => void
  /** Resolves when every line is written, or after a second. */
  flush: () => Promise<void>
}

/** @see https://nodejs.org/api/process.html#a-note-on-process-io files and terminals are written synchronously */
export function logOutput (output: Writable): LogOutput {
  output.on('error', () => { /* the error cannot be logged */ })
  return {
    write: (line) => {
      if (output.writableLength < MAX_BACKLOG_BYTES) output.write(line)
    },
    flush: () => {
      if (output.writableLength === 0) return Promise.resolve()
      const out = new Promise<void>((resolve) => output.write('', () => resolve()))
      return withDeadline(out, FLUSH_MS, () => {})
    }
  }
}
